package caddymodule

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"golang.org/x/term"
)

// maxAdminAnswer bounds what is read of an answer of the admin API.
const maxAdminAnswer = 1 << 20

// adminClient asks the admin API of a running Caddy.
type adminClient struct{ address string }

// adminKeysPath is where the admin API has the keys of one provider.
func adminKeysPath(provider string) string { return adminPath + url.PathEscape(provider) + "/keys" }

// providers are the names of the providers of the running configuration.
func (a adminClient) providers() (map[string]bool, error) {
	var status statusAnswer
	if err := a.ask(http.MethodGet, adminPath, nil, &status); err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(status.Providers))
	for _, provider := range status.Providers {
		found[provider.Name] = true
	}
	return found, nil
}

func (a adminClient) get(path string) (*keysAnswer, error) {
	answer := new(keysAnswer)
	return answer, a.ask(http.MethodGet, path, nil, answer)
}

func (a adminClient) post(path string, body any) (*keysAnswer, error) {
	answer := new(keysAnswer)
	return answer, a.ask(http.MethodPost, path, body, answer)
}

func (a adminClient) ask(method, path string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(encoded)
	}
	response, err := caddycmd.AdminAPIRequest(a.address, method, path, nil, sent)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAdminAnswer)).Decode(answer); err != nil {
		return fmt.Errorf("the answer of the admin API at %s was not understood: %w", a.address, err)
	}
	return nil
}

// confirmed asks a question that only a person at a terminal can say yes to.
func confirmed(ctx context.Context, in *os.File, messages io.Writer, question string) (bool, error) {
	if !term.IsTerminal(int(in.Fd())) {
		return false, errors.New("there is no terminal to ask at; say --yes if you mean it")
	}
	return yes(ctx, in, messages, question)
}

// yes puts a question and reads one line; all but y and yes is no.
func yes(ctx context.Context, in io.Reader, messages io.Writer, question string) (bool, error) {
	if _, err := fmt.Fprint(messages, question); err != nil {
		return false, err
	}
	answers := make(chan string, 1)
	go func() {
		// Whatever could be read is the answer, and nothing is no.
		line, _ := bufio.NewReader(in).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case answer := <-answers:
		return answer == "y" || answer == "yes", nil
	}
}
