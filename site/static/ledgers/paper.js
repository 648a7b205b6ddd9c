/* The print button does what the browser's own menu does; without this script it is not there. */
document.querySelectorAll('[data-ledger-print]').forEach((button) => {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
});
