// Goes on when every frame has loaded, or after three seconds: an application that does not answer keeps nobody.
function onward() {
  location.replace(document.getElementById("onward").getAttribute("data-location"));
}
addEventListener("load", onward);
setTimeout(onward, 3000);
