package guard

import (
	"net/http"
	"strings"
)

// navigates reports whether somebody goes to a page: only then does it help to show them another one instead. What a
// script fetches, and what is shown inside another page, cannot sign in.
func navigates(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(r.Header["Upgrade"]) == 0 &&
		isShown(r, "document")
}

// isPage reports whether the answer is shown to somebody, whatever the request was.
func isPage(r *http.Request) bool {
	return isShown(r, "document") || isShown(r, "iframe") || isShown(r, "frame")
}

// isShown reports whether a browser shows the answer there (Fetch Metadata Request Headers sections 2.1 and 2.2). Of
// a browser that does not say, it is what asks for HTML first and is not known to be a script.
func isShown(r *http.Request, where string) bool {
	mode, dest := r.Header["Sec-Fetch-Mode"], r.Header["Sec-Fetch-Dest"]
	if len(mode) > 0 || len(dest) > 0 {
		return len(mode) == 1 && mode[0] == "navigate" && len(dest) == 1 && dest[0] == where
	}
	return where == "document" && len(r.Header["X-Requested-With"]) == 0 &&
		strings.HasPrefix(firstValue(r.Header["Accept"]), "text/html")
}
