// Package clients signs people in to applications that others' client libraries carry: idpy-oidc in
// Python, openid-client and oauth4webapi in Node.js. The small programs around them lie in python and
// node; what they need is installed in its pinned version into the user's cache.
package clients
