package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

func exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [--copy] [--config <path>] [--adapter <name>] [--provider <name>] <file>",
		Short: "Writes a provider's store to a file, to move it to another",
		Long: `
Writes all that a provider remembers to a new file, which "caddy openid import"
puts into any other store, and ends the store it was in: no Caddy starts with
that again. So everybody stays signed in and every token goes on working,
without anything working in two places. Caddy must be stopped first.

--copy
    Leaves the store as it is, also in use, and writes what lasts of it only:
    signing keys, the secret behind subjects, accounts, and clients that
    registered themselves. Where it is imported everybody signs in again.

The file is JSON, one record a line. It holds signing keys, in the clear unless
the configuration has an encryption_key, account names, and what people allowed
and when. Only its owner can read it; remove it when it was imported.
` + storeHelp,
	}
	cmd.Flags().Bool("copy", false, "Leave the store as it is and write what lasts of it")
	return storeCommand(cmd, func(ctx context.Context, c *storeTerminal, file string, fl caddycmd.Flags) error {
		return c.export(ctx, file, !fl.Bool("copy"))
	})
}

// export writes the store to a file that is not there yet, and leaves none behind that is not whole.
func (c *storeTerminal) export(ctx context.Context, file string, moves bool) error {
	// #nosec G304 -- the operator's own path
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: there is a file of this name already", file)
	}
	if err != nil {
		return err
	}
	done, err := op.Export(ctx, c.location, op.Carried{Provider: c.name, Issuer: c.issuer, Moved: moves}, out)
	if err != nil {
		return errors.Join(explained(err), out.Close(), os.Remove(file))
	}
	c.say("%d records of %s (%s) are in %s. Keep it to yourself: it holds the provider's keys.", done.Records, c.name, c.issuer, file)
	if moves {
		c.say("The store it was in has ended. Import the file into another with caddy openid import, and remove it then.")
	}
	return out.Close()
}

// explained adds what to do about an error that the configuration alone does not explain.
func explained(err error) error {
	switch {
	case errors.Is(err, sqlite.ErrInUse), errors.Is(err, postgres.ErrInUse):
		return fmt.Errorf("%w; stop every Caddy first, or say --copy to export what lasts of a store that goes on", err)
	}
	return err
}
