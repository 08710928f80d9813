package caddymodule

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// callbackPath is the path of the redirect URI; the port is free (RFC 8252 section 7.3).
const callbackPath = "/callback"

// loopback waits on 127.0.0.1 for the browser to bring the authorization response.
type loopback struct {
	uri    string
	state  string
	server *http.Server
	answer chan url.Values
}

// listenForAnswer opens a free port and waits there for the response to the request with this state.
func listenForAnswer(ctx context.Context, state string) (*loopback, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &loopback{
		uri:    "http://" + listener.Addr().String() + callbackPath,
		state:  state,
		answer: make(chan url.Values, 1),
	}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = l.server.Serve(listener) }()
	return l, nil
}

// ServeHTTP takes the one response that carries the state. Whatever else finds the port (another program, a
// page that guesses) is sent away and changes nothing.
func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	query := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != callbackPath || len(query["state"]) != 1 ||
		subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(l.state)) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("This is not the answer that is waited for.\n"))
		return
	}
	end := "Done."
	if query.Has("error") {
		end = "This did not work. The terminal says why."
	}
	select {
	case l.answer <- query:
		_, _ = w.Write([]byte(end + " You can close this window and go back to the terminal.\n"))
	default:
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte("This was answered already.\n"))
	}
}

// wait returns the code of the response, after checking that this issuer sent it (RFC 9207 section 2.4): a
// code from another must not go to this one's token endpoint.
func (l *loopback) wait(ctx context.Context, issuer string, issuerPromised bool) (string, error) {
	var answer url.Values
	select {
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			// A client_id or redirect URI that is not known is told to the person alone, never to the client.
			return "", errors.New("no answer came in time; if the browser showed an error, it says what is wrong " +
				"(the client must be public and have the redirect URI http://127.0.0.1" + callbackPath + ")")
		}
		return "", fmt.Errorf("stopped before an answer came: %w", ctx.Err())
	case answer = <-l.answer:
	}
	from := answer["iss"]
	if len(from) > 1 || len(from) == 1 && from[0] != issuer || len(from) == 0 && issuerPromised {
		return "", errors.New("the answer is not from this issuer")
	}
	if code := answer.Get("error"); code != "" {
		return "", fmt.Errorf("the provider answered %q: %q", code, answer.Get("error_description"))
	}
	code := answer.Get("code")
	if code == "" {
		return "", errors.New("the answer has no code")
	}
	return code, nil
}

// close stops listening once the page that is being written has been.
func (l *loopback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.server.Shutdown(ctx)
}

// withResources adds resource parameters (RFC 8707 section 2), of which there may be several.
func withResources(authorizationURL string, resources []string) string {
	for _, resource := range resources {
		authorizationURL += "&resource=" + url.QueryEscape(resource)
	}
	return authorizationURL
}
