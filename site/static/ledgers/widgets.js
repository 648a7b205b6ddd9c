/* Picking a place in two steps, picking a record by typing, and focus on what went wrong. */
(() => {
    const text = (value) => document.createTextNode(value);

    /* A select with towns as headings becomes a town and, beside it, its villages. */
    const territory = (select) => {
        if (select.dataset.ledgerReady) return;
        select.dataset.ledgerReady = '1';
        const groups = [...select.querySelectorAll('optgroup')];
        if (groups.length < 2) return;
        const wrapper = document.createElement('div');
        wrapper.className = 'ledger-place';
        const towns = document.createElement('select');
        const name = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
        towns.setAttribute('aria-label', `${name ? name.textContent.trim() : ''} 1/2`.trim());
        const blank = select.querySelector(':scope > option[value=""]');
        towns.append(new Option(blank ? blank.textContent : '', ''));
        for (const group of groups) towns.append(new Option(group.label, group.label));
        select.before(wrapper);
        wrapper.append(towns, select);
        const narrow = () => {
            for (const group of groups) {
                const off = Boolean(towns.value) && group.label !== towns.value;
                group.hidden = off;
                group.disabled = off;
            }
        };
        /* Of a large area the page holds an entry in place of a town's villages: fetch them. */
        const fill = async () => {
            const group = groups.find((one) => one.label === towns.value);
            const more = group && group.querySelector('option[value^="town:"]');
            if (!more) return;
            select.setAttribute('aria-busy', 'true');
            try {
                const address = `${select.dataset.placesUrl}&town=${encodeURIComponent(group.label)}`;
                const response = await fetch(address, { credentials: 'same-origin' });
                if (!response.ok || response.redirected) throw new Error(String(response.status));
                const answer = await response.json();
                more.replaceWith(...answer.places.map(([value, label]) => new Option(label, value)));
            } catch (error) {
                /* The entry stays: sending the form brings the villages. */
                more.hidden = false;
            } finally {
                select.removeAttribute('aria-busy');
            }
        };
        const chosen = select.selectedOptions[0];
        if (chosen && chosen.parentElement.tagName === 'OPTGROUP') towns.value = chosen.parentElement.label;
        narrow();
        towns.addEventListener('change', (event) => {
            event.stopPropagation();
            narrow();
            fill();
            const current = select.selectedOptions[0];
            if (current && current.parentElement.tagName === 'OPTGROUP' && current.parentElement.disabled) {
                select.value = '';
                select.dispatchEvent(new Event('change', { bubbles: true }));
            }
        });
        select.addEventListener('change', () => {
            const current = select.selectedOptions[0];
            if (current && current.parentElement.tagName === 'OPTGROUP') {
                towns.value = current.parentElement.label;
                narrow();
            }
        });
    };

    /* A text box that takes a number becomes a combobox that also finds by name. */
    let serial = 0;
    const chooser = (box) => {
        if (box.dataset.ledgerReady) return;
        box.dataset.ledgerReady = '1';
        const input = box.querySelector('input[type="text"]');
        const chosen = box.querySelector('[data-ledger-chosen]');
        const token = document.querySelector('input[name="csrfmiddlewaretoken"]');
        const id = `ledger-chooser-${(serial += 1)}`;
        const list = document.createElement('ul');
        list.id = id;
        list.className = 'ledger-chooser__list';
        list.setAttribute('role', 'listbox');
        list.hidden = true;
        const label = input.id && document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
        list.setAttribute('aria-label', label ? label.textContent.trim() : input.name);
        const status = document.createElement('p');
        status.className = 'w-sr-only';
        status.setAttribute('role', 'status');
        box.append(list, status);
        input.setAttribute('role', 'combobox');
        input.setAttribute('aria-autocomplete', 'list');
        input.setAttribute('aria-expanded', 'false');
        input.setAttribute('aria-controls', id);
        let records = [];
        let at = -1;
        let timer = null;
        let running = null;
        let composing = false;

        const close = () => {
            list.hidden = true;
            at = -1;
            input.setAttribute('aria-expanded', 'false');
            input.removeAttribute('aria-activedescendant');
        };
        const mark = (next) => {
            at = next;
            [...list.children].forEach((item, index) => {
                item.setAttribute('aria-selected', String(index === at));
                if (index === at) item.scrollIntoView({ block: 'nearest' });
            });
            if (at >= 0) input.setAttribute('aria-activedescendant', `${id}-${at}`);
            else input.removeAttribute('aria-activedescendant');
        };
        const take = (record) => {
            input.value = record.number;
            chosen.textContent = `${record.title} · ${record.details}`;
            input.dispatchEvent(new Event('change', { bubbles: true }));
            close();
        };
        const draw = (more) => {
            list.replaceChildren(...records.map((record, index) => {
                const item = document.createElement('li');
                item.id = `${id}-${index}`;
                item.className = 'ledger-chooser__option';
                item.setAttribute('role', 'option');
                item.setAttribute('aria-selected', 'false');
                const title = document.createElement('b');
                title.append(text(record.title));
                const details = document.createElement('span');
                details.append(text(record.details));
                item.append(title, details);
                item.addEventListener('mousedown', (event) => { event.preventDefault(); take(record); });
                return item;
            }));
            list.hidden = records.length === 0;
            input.setAttribute('aria-expanded', String(records.length > 0));
            status.textContent = records.length ? `${records.length} ${box.dataset.found}${more ? ` ${box.dataset.more}` : ''}` : box.dataset.none;
            chosen.textContent = records.length ? (more ? box.dataset.more : '') : box.dataset.none;
            mark(-1);
        };
        const look = async () => {
            if (running) running.abort();
            if (!input.value.trim()) { chosen.textContent = ''; close(); return; }
            running = new AbortController();
            const body = new FormData();
            body.append('q', input.value);
            body.append('csrfmiddlewaretoken', token ? token.value : '');
            try {
                const response = await fetch(box.dataset.url, { method: 'POST', body, signal: running.signal, credentials: 'same-origin' });
                if (!response.ok || response.redirected) throw new Error(String(response.status));
                const answer = await response.json();
                records = answer.records;
                draw(answer.more);
            } catch (error) {
                if (error.name !== 'AbortError') { chosen.textContent = box.dataset.failed; close(); }
            }
        };
        const later = () => { clearTimeout(timer); timer = setTimeout(look, 200); };
        input.addEventListener('compositionstart', () => { composing = true; });
        input.addEventListener('compositionend', () => { composing = false; later(); });
        input.addEventListener('input', () => { if (!composing) later(); });
        input.addEventListener('blur', close);
        input.addEventListener('keydown', (event) => {
            if (event.key === 'Escape' && !list.hidden) { event.stopPropagation(); close(); return; }
            if (list.hidden || !records.length) return;
            if (event.key === 'ArrowDown') { event.preventDefault(); mark((at + 1) % records.length); }
            if (event.key === 'ArrowUp') { event.preventDefault(); mark((at + records.length - 1) % records.length); }
            if (event.key === 'Enter' && at >= 0) { event.preventDefault(); take(records[at]); }
        });
    };

    const start = (root) => {
        root.querySelectorAll('select[data-ledger-territory]').forEach(territory);
        root.querySelectorAll('[data-ledger-chooser]').forEach(chooser);
    };
    start(document);
    document.addEventListener('ledger:rows', (event) => start(event.target));
    const wrong = document.querySelector('[data-ledger-focus]');
    if (wrong) wrong.focus();
})();
