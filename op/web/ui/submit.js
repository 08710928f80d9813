// Sends the page's one form at once. Without scripts the person presses its button.
document.forms[0].submit();
