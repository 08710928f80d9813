package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

const keysHelp = `
--provider
    The name of the provider. May be left out when there is only one.

--address
    Where the admin API of the running Caddy listens, if not at its default.
`

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys <command>",
		Short: "Looks after the signing keys of a provider",
		Long: `
Lists, rotates and removes the signing keys of an OpenID Provider, through the
admin API of the running Caddy. Keys rotate by themselves on schedule.
`,
	}
	remove := keysSubcommand(&cobra.Command{
		Use:   "remove <kid> [--yes] [--provider <name>] [--address <interface>]",
		Short: "Takes a signing key away, in an emergency",
		Long: `
Takes a signing key away for good, as when its private part has leaked. From
the next request on the provider and its guards refuse every token the key has
signed; people and clients have to get new ones. Where the key was signing,
another one does at once. Verifiers elsewhere may remember the key for as long
as the key set may be cached, 15 minutes at most.

An identifier that begins with a hyphen goes after two of them, and after all
flags: remove --yes -- -Wm4…

--yes
    Does not ask whether you mean it.
` + keysHelp,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *keysTerminal, fl caddycmd.Flags) error {
		return c.remove(ctx, fl.Arg(0), fl.Bool("yes"))
	})
	remove.Flags().Bool("yes", false, "Do not ask")
	cmd.AddCommand(
		keysSubcommand(&cobra.Command{
			Use:   "list [--provider <name>] [--address <interface>]",
			Short: "Lists the signing keys",
			Long: `
Lists the signing keys of a provider with their states: "next" is published
and does not sign yet, "active" signs, "last" is published until nothing it
signed can be alive, "hint" only recognizes old ID tokens (id_token_hint).
` + keysHelp,
			Args: cobra.NoArgs,
		}, func(_ context.Context, c *keysTerminal, _ caddycmd.Flags) error { return c.list() }),
		keysSubcommand(&cobra.Command{
			Use:   "rotate [--provider <name>] [--address <interface>]",
			Short: "Replaces the signing keys out of schedule",
			Long: `
Replaces all signing keys of a provider. The new ones are published at once and
sign when everybody has had the time to fetch them; the old ones stay until
nothing they signed can be alive. So no token is lost, and saying it again
hurries nothing. For a key that must not be trusted any more there is
"caddy openid keys remove".
` + keysHelp,
			Args: cobra.NoArgs,
		}, func(_ context.Context, c *keysTerminal, _ caddycmd.Flags) error { return c.rotate() }),
		remove,
	)
	return cmd
}

// keysSubcommand gives cmd the flags that all have, and what it does.
func keysSubcommand(cmd *cobra.Command, do func(context.Context, *keysTerminal, caddycmd.Flags) error) *cobra.Command {
	cmd.Flags().String("provider", "", "The name of the provider")
	cmd.Flags().String("address", "", "Where the admin API listens")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		address, err := caddycmd.DetermineAdminAPIAddress(fl.String("address"), nil, "", "")
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		c := &keysTerminal{
			admin:    adminClient{address: address},
			provider: fl.String("provider"),
			confirm: func(ctx context.Context, question string) (bool, error) {
				return confirmed(ctx, os.Stdin, os.Stderr, question)
			},
			out: os.Stdout,
		}
		if err := do(ctx, c, fl); err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}

// keysTerminal looks after keys for a person at a terminal.
type keysTerminal struct {
	admin    adminClient
	provider string // empty: the only one
	confirm  func(ctx context.Context, question string) (bool, error)
	out      io.Writer
}

func (c *keysTerminal) list() error {
	path, err := c.path()
	if err != nil {
		return err
	}
	return c.show(c.admin.get(path))
}

func (c *keysTerminal) rotate() error {
	path, err := c.path()
	if err != nil {
		return err
	}
	return c.show(c.admin.post(path+"/rotate", nil))
}

// remove removes a key that there is, after a question that shows what it is worth.
func (c *keysTerminal) remove(ctx context.Context, kid string, sure bool) error {
	path, err := c.path()
	if err != nil {
		return err
	}
	if !sure {
		known, err := c.admin.get(path)
		if err != nil {
			return err
		}
		question, err := removalQuestion(known, kid)
		if err != nil {
			return err
		}
		if sure, err = c.confirm(ctx, question); err != nil {
			return err
		}
		if !sure {
			return errors.New("nothing was removed")
		}
	}
	return c.show(c.admin.post(path+"/remove", keyRemoval{ID: kid}))
}

func removalQuestion(known *keysAnswer, kid string) (string, error) {
	for _, k := range known.Keys {
		if k.ID == kid {
			return fmt.Sprintf("The %s key %s is %q. Every token it has signed will be refused at once.\nRemove it for good? [y/N] ",
				k.Alg, k.ID, k.State), nil
		}
	}
	return "", fmt.Errorf("there is no key with the kid %q", kid)
}

// path is where the admin API has the keys of the provider.
func (c *keysTerminal) path() (string, error) {
	if c.provider != "" {
		return adminKeysPath(c.provider), nil
	}
	found, err := c.admin.providers()
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", errors.New("the running Caddy has no openid_provider")
	case len(found) > 1:
		return "", fmt.Errorf("there are several providers, name one of them with --provider: %s", names(found))
	}
	for name := range found {
		return adminKeysPath(name), nil
	}
	return "", nil
}

// show prints the keys as a table.
func (c *keysTerminal) show(known *keysAnswer, err error) error {
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KID\tALG\tSTATE\tSIGNS FROM\tSIGNS UNTIL")
	for _, k := range known.Keys {
		until := "-"
		if !k.SignsUntil.IsZero() {
			until = k.SignsUntil.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Alg, k.State, k.SignsFrom.Format(time.RFC3339), until)
	}
	return table.Flush()
}
