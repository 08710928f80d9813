package caddymodule

import (
	"context"
	"errors"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/seed-5b16f944/gatehouse/op"
)

func importCommand() *cobra.Command {
	return storeCommand(&cobra.Command{
		Use:   "import [--config <path>] [--adapter <name>] [--provider <name>] <file>",
		Short: "Fills a provider's empty store with a file of caddy openid export",
		Long: `
Puts what "caddy openid export" wrote into the store that the configuration
names, which must be empty, while no Caddy serves from it. The provider must
have the same issuer, and the encryption_key it had. It is all or nothing: if it
does not end well the store is empty, and if it was interrupted no provider
opens the store until it was repeated.

The file is marked as used: imported once more it is a copy, with which
everybody signs in again. Remove it.
` + storeHelp,
	}, func(ctx context.Context, c *storeTerminal, file string, _ caddycmd.Flags) error {
		return c.importFrom(ctx, file)
	})
}

func (c *storeTerminal) importFrom(ctx context.Context, file string) error {
	// Written to as well, when it is marked as used. #nosec G304 -- the operator's own path
	in, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	done, err := op.Import(ctx, c.location, c.issuer, in)
	if err := errors.Join(err, in.Close()); err != nil {
		return err
	}
	c.say("%d records of %s, exported at %s, are in the store of %s.", done.Records, done.Provider, done.At.Format("2006-01-02 15:04:05 MST"), c.name)
	switch {
	case !done.Moved:
		c.say("It was a copy: everybody signs in again, and no code or token of before works.")
	case done.Provider != c.name:
		c.say("The provider was called %s, and cookies bear that name: everybody signs in again, and tokens go on working.", done.Provider)
	}
	return nil
}
