/* Child rows: add and remove without a reload. Without this script the same buttons go to the server. */
(() => {
    const mark = (row) => {
        const box = row.querySelector('[data-ledger-remove]');
        if (box && box.checked) row.dataset.removed = '';
        else delete row.dataset.removed;
    };
    document.querySelectorAll('[data-ledger-rows]').forEach((table) => {
        const count = table.querySelector('[data-ledger-count]');
        const list = table.querySelector('[data-ledger-rows-list]');
        const template = table.querySelector('[data-ledger-row-template]');
        list.querySelectorAll('[data-ledger-row]').forEach(mark);
        list.addEventListener('change', (event) => {
            if (event.target.matches('[data-ledger-remove]')) mark(event.target.closest('[data-ledger-row]'));
        });
        table.querySelector('[data-ledger-add]').addEventListener('click', (event) => {
            event.preventDefault();
            const index = Number(count.value);
            const holder = document.createElement('div');
            holder.innerHTML = template.innerHTML.replaceAll('__index__', String(index)).replaceAll('__number__', String(index + 1));
            const row = holder.firstElementChild;
            list.append(row);
            count.value = String(index + 1);
            row.dispatchEvent(new CustomEvent('ledger:rows', { bubbles: true }));
            const first = row.querySelector('input:not([type="hidden"]), select, textarea');
            if (first) first.focus();
        });
    });
})();

/* Leaving with something unsaved asks first.  Wagtail begins to watch two seconds after the page is
   there, and whatever was typed before that counts for it as having been there already. */
(() => {
    const form = document.querySelector('[data-edit-form]');
    if (!form) return;
    const contents = () => new URLSearchParams(
        [...new FormData(form)].map(([name, value]) => [name, value instanceof File ? `${value.name} ${value.size}` : value]),
    ).toString();
    const before = contents();
    let sending = false;
    window.addEventListener('submit', (event) => { if (event.target === form) sending = !event.defaultPrevented; });
    window.addEventListener('beforeunload', (event) => { if (!sending && contents() !== before) event.preventDefault(); });
})();
