// Tell in words of the page that a security key did not answer.
document.addEventListener("allauth.error", (event) => {
    const message = document.getElementById("key-message");
    if (message) {
        event.preventDefault();
        message.hidden = false;
    }
});
