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
