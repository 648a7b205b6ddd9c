// Fields that are shown only under a condition.  The server sends the condition as a tree and
// judges it again when the form is sent; without this script every field is shown.
(() => {
    const blank = (value) => value === null || value === "" || (Array.isArray(value) && !value.length);

    const read = (form, key) => {
        const inputs = [...form.querySelectorAll(`[name="x_${key}"]`)];
        if (!inputs.length) return null;
        if (inputs[0].type === "checkbox") {
            return inputs.filter((input) => input.checked).map((input) => input.value);
        }
        if (inputs[0].type === "radio") {
            const chosen = inputs.find((input) => input.checked);
            return chosen ? chosen.value : null;
        }
        return inputs[0].value;
    };

    const today = () => {
        const parts = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" });
        return parts.format(new Date());
    };

    const valueOf = (form, node) => {
        if (node[0] === "value") return node[1];
        if (node[0] === "today") return today();
        if (node[0] === "field") return read(form, node[1]);
        const base = valueOf(form, node[1]);
        if (blank(base)) return null;
        if (node[3]) {
            const day = new Date(`${base}T00:00:00Z`);
            if (Number.isNaN(day.getTime())) return null;
            day.setUTCDate(day.getUTCDate() + node[2]);
            return day.toISOString().slice(0, 10);
        }
        return Number(base) + node[2];
    };

    const alike = (left, right) => {
        if (typeof left === "boolean" || typeof right === "boolean") return [String(left), String(right)];
        if (typeof left === "number" || typeof right === "number") return [Number(left), Number(right)];
        return [left, right];
    };

    const compare = (sign, first, second) => {
        if (blank(first) || blank(second)) return null;
        const [left, right] = alike(first, second);
        switch (sign) {
            case "=": return left === right;
            case "!=": return left !== right;
            case "<": return left < right;
            case "<=": return left <= right;
            case ">": return left > right;
            default: return left >= right;
        }
    };

    const not = (value) => (value === null ? null : !value);
    const or = (one, other) => {
        if (one || other) return true;
        return one === null || other === null ? null : false;
    };

    const holds = (form, node) => {
        switch (node[0]) {
            case "if": return or(not(holds(form, node[1])), holds(form, node[2]));
            case "or": return or(holds(form, node[1]), holds(form, node[2]));
            case "and": return not(or(not(holds(form, node[1])), not(holds(form, node[2]))));
            case "not": return not(holds(form, node[1]));
            case "filled": return !blank(valueOf(form, node[1]));
            case "has": return (valueOf(form, node[1]) || []).includes(valueOf(form, node[2]));
            default: return compare(node[1], valueOf(form, node[2]), valueOf(form, node[3]));
        }
    };

    document.addEventListener("DOMContentLoaded", () => {
        const conditional = [...document.querySelectorAll("[data-ledger-shown-when]")];
        if (!conditional.length) return;
        const update = () => {
            conditional.forEach((input) => {
                const scope = input.closest("form, [data-ledger-preview]") || document;
                const box = input.closest(".ledger-field");
                if (box) box.hidden = holds(scope, JSON.parse(input.dataset.ledgerShownWhen)) !== true;
            });
        };
        document.addEventListener("input", update);
        document.addEventListener("change", update);
        update();
    });
})();
