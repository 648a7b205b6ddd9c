/* The list: filters, order and pages without a reload; words go by POST, never into an address. */
(() => {
    const search = document.querySelector('[data-ledger-search]');
    const results = document.getElementById('listing-results');
    if (!search || !results) return;
    const filters = document.querySelector('[data-ledger-filters]');
    const words = search.querySelector('[name="q"]');
    const indexUrl = search.dataset.indexUrl;
    const resultsUrl = search.dataset.resultsUrl;
    let running = null;
    let timer = null;

    const searching = () => Boolean(words && words.value.trim());

    /* Filters as they stand in the form, with the order of the address. */
    const formQuery = () => {
        const query = new URLSearchParams();
        if (filters) {
            for (const [name, value] of new FormData(filters)) if (value !== '') query.append(name, value);
        }
        const order = new URLSearchParams(location.search).get('ordering');
        if (order) query.set('ordering', order);
        return query;
    };

    const show = async (query, { focus = false, drawFilters = false } = {}) => {
        if (running) running.abort();
        running = new AbortController();
        const mine = running;
        results.setAttribute('aria-busy', 'true');
        const asked = new URLSearchParams(query);
        if (drawFilters) asked.set('_w_filter_fragment', '1');
        const options = { signal: mine.signal, credentials: 'same-origin', headers: { 'X-Requested-With': 'XMLHttpRequest' } };
        if (searching()) Object.assign(options, { method: 'POST', body: new FormData(search) });
        try {
            const response = await fetch(`${resultsUrl}?${asked}`, options);
            if (!response.ok || response.redirected) throw new Error(String(response.status));
            const html = await response.text();
            if (mine !== running) return;
            results.innerHTML = html;
            document.dispatchEvent(new CustomEvent('w-messages:clear'));
            const text = query.toString();
            history.replaceState(null, '', text ? `${indexUrl}?${text}` : indexUrl);
            search.action = text ? `${indexUrl}?${text}` : indexUrl;
            document.dispatchEvent(new CustomEvent('w-swap:success', { bubbles: true }));
            if (focus) {
                const heading = results.querySelector('h2');
                if (heading) {
                    heading.tabIndex = -1;
                    heading.focus();
                }
            }
        } catch (error) {
            if (error.name !== 'AbortError') {
                document.dispatchEvent(new CustomEvent('w-messages:add', { detail: { type: 'error', text: search.dataset.failed, clear: true } }));
            }
        } finally {
            if (mine === running) results.removeAttribute('aria-busy');
        }
    };

    const later = (wait) => {
        clearTimeout(timer);
        timer = setTimeout(() => show(formQuery()), wait);
    };

    if (words) {
        let composing = false;
        /* While an input method is still putting a character together there is nothing to look for. */
        words.addEventListener('compositionstart', () => { composing = true; });
        words.addEventListener('compositionend', () => { composing = false; later(150); });
        words.addEventListener('input', () => { if (!composing) later(250); });
    }
    search.addEventListener('submit', (event) => {
        const button = event.submitter;
        if (button && button.hasAttribute('data-ledger-leave')) return;
        event.preventDefault();
        clearTimeout(timer);
        if (button && button.hasAttribute('formaction')) {
            const target = new URL(button.formAction, location.href);
            show(target.searchParams, { focus: true, drawFilters: true });
        } else {
            show(formQuery(), { focus: Boolean(button) });
        }
    });
    if (filters) {
        filters.addEventListener('submit', (event) => { event.preventDefault(); later(0); });
        filters.addEventListener('change', () => later(50));
        filters.addEventListener('input', (event) => { if (event.target.matches('input[type="text"], input[type="number"], input[type="search"]')) later(350); });
    }
    results.addEventListener('click', (event) => {
        const link = event.target.closest('a[data-ledger-go]');
        if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        show(new URL(link.href, location.href).searchParams, { focus: true, drawFilters: true });
    });

    /* Choosing rows: a box for the page, ranges with Shift, and how many are ticked. */
    const boxes = () => [...results.querySelectorAll('input[name="row"]')];
    let last = null;
    const told = () => {
        const chosen = boxes().filter((box) => box.checked).length;
        const output = results.querySelector('[data-ledger-chosen]');
        if (output) output.textContent = chosen ? `(${chosen})` : '';
        const every = results.querySelector('[data-ledger-every]');
        if (every) {
            every.hidden = false;
            every.checked = chosen > 0 && chosen === boxes().length;
            every.indeterminate = chosen > 0 && chosen < boxes().length;
        }
    };
    results.addEventListener('click', (event) => {
        const box = event.target.closest('input[name="row"]');
        if (box) {
            const each = boxes();
            if (event.shiftKey && last && each.includes(last)) {
                const [from, to] = [each.indexOf(last), each.indexOf(box)].sort((a, b) => a - b);
                for (const between of each.slice(from, to + 1)) between.checked = box.checked;
            }
            last = box;
            const only = results.querySelector('input[name="which"][value="chosen"]');
            if (only) only.checked = true;
            told();
            return;
        }
        if (event.target.matches('[data-ledger-every]')) {
            for (const each of boxes()) each.checked = event.target.checked;
            told();
            return;
        }
        /* A click anywhere else in a row opens the record, as its name does. */
        if (event.target.closest('a, button, input, label, summary, [role="menu"]') || String(getSelection())) return;
        const row = event.target.closest('tbody tr');
        const link = row && row.querySelector('.title-wrapper a');
        if (link) link.click();
    });
    document.addEventListener('w-swap:success', told);
    told();
})();
