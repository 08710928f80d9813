package caddymodule

import (
	"context"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/seed-5b16f944/gatehouse/op"
)

func backupCommand() *cobra.Command {
	return storeCommand(&cobra.Command{
		Use:   "backup [--config <path>] [--adapter <name>] [--provider <name>] <file>",
		Short: "Backs up a provider's SQLite store, also while Caddy runs",
		Long: `
Writes a new file, a SQLite store, with what lasts of a provider's store as it
is at this moment: signing keys, the secret behind subjects, accounts, and
clients that registered themselves. Caddy may run and write meanwhile. There
must be no file of that name yet.

To restore, stop Caddy, put the file in the place of the store, remove what
the store has left beside it (-wal and -shm), and start. Everybody then signs
in again and clients ask again for what they may do: a backup holds no
session, grant, consent, code or token, so that nothing that was spent, ended
or withdrawn after it was made works once more.

The file holds signing keys, in the clear unless the configuration has an
encryption_key, and account names. Only its owner can read it; keep it so.
` + storeHelp,
	}, func(ctx context.Context, c *storeTerminal, file string, _ caddycmd.Flags) error {
		if err := op.Backup(ctx, c.location, file); err != nil {
			return err
		}
		c.say("The backup of %s is in %s.", c.name, file)
		return nil
	})
}
