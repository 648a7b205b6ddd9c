/* Start Wagtail's pickers, choosers and panels from data attributes: the content policy forbids the
   inline scripts Wagtail writes beside them. Stimulus also sees what arrives later, in a new row of a
   panel, a filter or a dialogue. */
(() => {
    const { Controller } = window.StimulusModule;
    const once = (element) => {
        if (element.dataset.started) return false;
        element.dataset.started = 'yes';
        return true;
    };
    const pickers = { date: 'initDateChooser', time: 'initTimeChooser', datetime: 'initDateTimeChooser' };
    const panels = ['InlinePanel', 'MultipleChooserPanel'];

    window.wagtail.app.register('start-picker', class extends Controller {
        static values = { kind: String, input: String, options: Object };
        connect() {
            if (once(this.element)) window[pickers[this.kindValue]](this.inputValue, this.optionsValue);
        }
    });
    window.wagtail.app.register('start-chooser', class extends Controller {
        static values = { kind: String, input: String, options: Object };
        connect() {
            /* Only the classes that Wagtail's chooser files define, whatever the attribute says. */
            if (!/^[A-Z][A-Za-z]*Chooser$|^Chooser$/.test(this.kindValue) || !once(this.element)) return;
            new window[this.kindValue](this.inputValue, this.optionsValue);
        }
    });
    window.wagtail.app.register('start-panel', class extends Controller {
        static values = { kind: String, options: Object };
        connect() {
            if (panels.includes(this.kindValue) && once(this.element)) new window[this.kindValue](this.optionsValue);
        }
    });
})();

/* Draftail writes its list numbers and placeholders into style elements, which the policy forbids.
   A style element made by a script becomes one that hands its text to an adopted style sheet: the
   policy allows those, since a page's markup cannot make them. */
(() => {
    class AdoptedStyle extends HTMLElement {
        sheet = new CSSStyleSheet();

        observer = new MutationObserver(() => this.sheet.replaceSync(this.textContent));

        connectedCallback() {
            this.hidden = true;
            this.sheet.replaceSync(this.textContent);
            this.observer.observe(this, { characterData: true, childList: true, subtree: true });
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
        }

        disconnectedCallback() {
            this.observer.disconnect();
            document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.sheet);
        }
    }
    customElements.define('adopted-style', AdoptedStyle);
    const createElement = document.createElement.bind(document);
    document.createElement = (name, options) => createElement(String(name).toLowerCase() === 'style' ? 'adopted-style' : name, options);
})();
