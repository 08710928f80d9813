// Tells a page that has this one in a frame whether the person is signed in as before (OpenID Connect Session
// Management section 3.2). What is asked and what is known are compared here; nothing is sent anywhere.
"use strict";
(() => {
  const cookie = document.currentScript.dataset.cookie + "=";
  // Client ID, a space, and the session_state: a digest of the login, the salt, and a digest of the browser.
  const asks = /^([\x20-\x7e]{1,2048}) ([\w-]{43})\.([\w-]{22})\.([\w-]{43})$/;
  const shows = /^([\w-]{22})\.([\w-]{43})$/;

  // Of two cookies of one name neither counts.
  function shown() {
    const found = document.cookie.split("; ").filter((pair) => pair.startsWith(cookie));
    return found.length === 1 ? shows.exec(found[0].slice(cookie.length)) : null;
  }

  async function digest(...parts) {
    const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join(" ")));
    return btoa(String.fromCharCode(...new Uint8Array(sum))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  // "changed" makes an application ask the provider again, "error" must not: so whatever cannot be compared, because
  // it is malformed, was made for another origin or browser, or this browser shows us nothing, is an error.
  async function judge(message, origin) {
    const asked = typeof message === "string" ? asks.exec(message) : null;
    const known = shown();
    if (!asked || !known) {
      return "error";
    }
    const [, client, login, salt, browser] = asked;
    if (await digest(client, origin, known[1], salt) !== browser) {
      return "error";
    }
    return await digest(client, origin, known[2], salt) === login ? "unchanged" : "changed";
  }

  addEventListener("message", async (event) => {
    const { source, origin, data } = event;
    // The page that this frame is in, or another frame of it, which can be told where it is.
    if (!source || source !== parent && source.parent !== parent || origin === "null") {
      return;
    }
    source.postMessage(await judge(data, origin).catch(() => "error"), origin);
  });
})();
