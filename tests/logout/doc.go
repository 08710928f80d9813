// Package logout sends people to the end_session_endpoint of a real Caddy, as applications do, and looks at what is
// left: at the guard, at the token endpoint and in the browser.
package logout
