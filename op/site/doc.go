// Package site signs people in at guarded web sites of this process: who is signed in at the provider is so at the
// site, without a client, a callback or a token in the browser.
//
// A site on the issuer's own host reads the provider's cookie. One on another host has a cookie of its own, which it
// gets like this: Begin seals where the person was, for their browser, and names the provider's endpoint; there they
// sign in, unless they are; the endpoint sends them back to the site, and only ever to one that is configured, with a
// code that counts once, for a minute, and in the browser that began; Enter spends it and sets the cookie. That
// session hangs from the provider's: SignedIn asks for both, so whatever ends the one ends the other at once.
//
// What an anonymous request leads to is stored nowhere. A code that is stolen is of no use in another browser, and
// nobody can be signed in as somebody else by a link: both would need a cookie that only the browser holds.
package site
