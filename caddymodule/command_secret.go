package caddymodule

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/seed-5b16f944/gatehouse/op/client"
)

// introspectSecretVariable is where `caddy openid login` finds the secret of the client that introspects;
// arguments are seen by every user of the machine.
const introspectSecretVariable = "OPENID_INTROSPECT_SECRET" //nolint:gosec // the name of a variable

// makeSecret prints a new client secret and the digest to configure.
func makeSecret(out, messages io.Writer) error {
	secret, digest := client.NewSecretHash()
	const hint = "The first line is the secret, for the client. The second is its digest, for the configuration."
	if _, err := fmt.Fprintln(messages, hint); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s\n%s\n", secret, digest)
	return err
}

// hashOwnSecret reads a secret somebody chose and prints its hash.
func hashOwnSecret(ctx context.Context, out io.Writer) error {
	secret, err := readHidden(ctx, os.Stdin, "Secret: ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, argon2idHash(secret))
	return err
}

// introspectSecret finds the secret of the client called id in the environment, or asks for it.
func introspectSecret(ctx context.Context, id string) (string, error) {
	if secret := os.Getenv(introspectSecretVariable); secret != "" {
		return secret, nil
	}
	return readHidden(ctx, os.Stdin, "Secret of "+id+": ")
}

// readHidden reads one line from file: from a terminal with a prompt and without echo. When ctx ends, the
// terminal gets its echo back.
func readHidden(ctx context.Context, file *os.File, prompt string) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	fd := int(file.Fd())
	if !term.IsTerminal(fd) {
		go func() {
			line, err := bufio.NewReader(file).ReadString('\n')
			if errors.Is(err, io.EOF) {
				err = nil
			}
			answers <- answer{strings.TrimRight(line, "\r\n"), err}
		}()
	} else {
		before, err := term.GetState(fd)
		if err != nil {
			return "", err
		}
		defer func() { _ = term.Restore(fd, before) }()
		fmt.Fprint(os.Stderr, prompt)
		go func() {
			text, err := term.ReadPassword(fd)
			fmt.Fprintln(os.Stderr)
			answers <- answer{string(text), err}
		}()
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case read := <-answers:
		if read.err == nil && read.text == "" {
			return "", errors.New("the secret is empty")
		}
		return read.text, read.err
	}
}
