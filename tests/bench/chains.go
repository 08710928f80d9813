package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// turns sends its requests in turn, for ever or once.
type turns struct {
	requests [][]byte
	at, step int
	once     bool
}

func (t *turns) next() []byte {
	if t.at >= len(t.requests) {
		if t.once {
			return nil
		}
		t.at %= len(t.requests)
	}
	request := t.requests[t.at]
	t.at += t.step
	return request
}

func (*turns) took([]byte) error { return nil }

// inTurn deals requests out to n connections; each begins at another one, so that all are used.
func inTurn(n int, once bool, requests ...[]byte) []chain {
	chains := make([]chain, n)
	for i := range chains {
		chains[i] = &turns{requests: requests, at: i % max(1, len(requests)), step: n, once: once}
		if once && i >= len(requests) {
			chains[i].(*turns).at = len(requests)
		}
	}
	return chains
}

// minting sends a token request a number of times and keeps the access tokens.
type minting struct {
	request func() []byte
	left    int
	tokens  []string
}

func (m *minting) next() []byte {
	if m.left == 0 {
		return nil
	}
	m.left--
	return m.request()
}

func (m *minting) took(body []byte) error {
	told, err := readTokens(body)
	m.tokens = append(m.tokens, told.Access)
	return err
}

// family refreshes over and over, each time with the refresh token it got last. The access tokens are
// kept as long as some are wanted.
type family struct {
	site    site
	refresh string
	left    int // how often; less than 0 is for ever
	want    int
	tokens  []string
}

func (f *family) next() []byte {
	if f.left == 0 {
		return nil
	}
	if f.left > 0 {
		f.left--
	}
	return f.site.refreshing(f.refresh)
}

func (f *family) took(body []byte) error {
	told, err := readTokens(body)
	if err == nil && told.Refresh == "" {
		err = errors.New("no refresh token in the answer")
	}
	f.refresh = told.Refresh
	if len(f.tokens) < f.want {
		f.tokens = append(f.tokens, told.Access)
	}
	return err
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func readTokens(body []byte) (told tokens, err error) {
	if err = json.Unmarshal(body, &told); err == nil && told.Access == "" {
		err = fmt.Errorf("no access token in %s", body)
	}
	return told, err
}

// site writes requests as they go over the wire. The Host is always the issuer's, so that both sides of
// a pair get the same bytes.
type site struct{ host string }

func (s site) get(path string, header ...string) []byte {
	return s.request("GET", path, "", header...)
}

// post sends a form as a client with a secret does.
func (s site) post(path, client, secret string, form url.Values, header ...string) []byte {
	basic := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(client) + ":" + url.QueryEscape(secret)))
	return s.request("POST", path, form.Encode(),
		append([]string{"Authorization: Basic " + basic, "Content-Type: application/x-www-form-urlencoded"}, header...)...)
}

func (s site) refreshing(token string) []byte {
	return s.post("/token", webClient, webSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (s site) request(method, path, body string, header ...string) []byte {
	request := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n", method, path, s.host)
	for _, line := range header {
		request = append(append(request, line...), "\r\n"...)
	}
	if method == "POST" {
		request = fmt.Appendf(request, "Content-Length: %d\r\n", len(body))
	}
	return append(append(request, "\r\n"...), body...)
}
