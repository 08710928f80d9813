package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

var errNotReady = errors.New("not every provider is ready")

func healthCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health [--address <interface>]",
		Short: "Tells whether the providers can do their work",
		Long: `
Asks the running Caddy, through its admin API, whether its OpenID Providers can
do their work, and fails if one of them cannot: "store" says that its store
answers, "keys" that it has keys to sign with, "listener" that it hears of what
other nodes change.

--address
    Where the admin API of the running Caddy listens, if not at its default.
`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().String("address", "", "Where the admin API listens")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		address, err := caddycmd.DetermineAdminAPIAddress(fl.String("address"), nil, "", "")
		if err == nil {
			err = showHealth(adminClient{address: address}, os.Stdout)
		}
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}

// showHealth prints how the providers are. errNotReady if one is not.
func showHealth(admin adminClient, out io.Writer) error {
	var status statusAnswer
	if err := admin.ask(http.MethodGet, adminPath, nil, &status); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tREADY\tSTORE\tKEYS\tLISTENER")
	ready := true
	for _, p := range status.Providers {
		h := p.Health
		ready = ready && h.Ready
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Name, yesOrNo(h.Ready), yesOrNo(h.Store), yesOrNo(h.Keys), yesOrNo(h.Listener))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !ready {
		return errNotReady
	}
	return nil
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
