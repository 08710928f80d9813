// Package frontchannel tells applications through the person's browser that their session has ended (OpenID Connect
// Front-Channel Logout 1.0).
//
// Whoever has ended a session in the store sends its browser on by Page.Leave. If applications are to be told, the way
// leads over a page that loads the registered address of each in a frame, and goes on when all have loaded, or when
// one has taken too long. The address of the page names the session and not the applications: it is sealed for the
// one browser, and what is loaded is decided when the page is shown, by what the clients have registered then.
//
// It reaches the browser that it happens in and no other, and no application whose cookies that browser keeps back
// from frames of other sites.
package frontchannel
