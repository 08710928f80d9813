package caddymodule

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "openid",
		Short: "Works with OpenID Providers",
		Long: `
Gets tokens from an OpenID Provider in the terminal, makes secrets for its
clients, looks after its signing keys, tells how it is, and backs up its store
or carries it to another.
`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.AddCommand(loginCommand(), hashSecretCommand(), keysCommand(), healthCommand(),
				backupCommand(), exportCommand(), importCommand())
		},
	})
}

func loginCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "login --issuer <url> --client <id> [--scope <scopes>] [--resource <uri>...] " +
			"[--introspect-as <client>] [--cacert <file>] [--no-browser | --device] [--timeout <duration>]",
		Short: "Signs in through the browser and prints the tokens",
		Long: `
Gets tokens from an OpenID Provider: opens the browser at its authorization
endpoint (and prints the URL, for a browser elsewhere), waits for the answer on
a free port of 127.0.0.1, exchanges the code and prints what came back as JSON,
with the tokens decoded. The client must be public and have the redirect URI
http://127.0.0.1/callback.

The tokens go to standard output and nothing else does. Treat them as
passwords.

--issuer
    The issuer of the provider, such as https://id.example.com

--client
    The client_id to sign in for.

--scope
    The scopes to ask for, in one argument with blanks between them.

--resource
    The resource the access token is for (RFC 8707). May be given several times.

--introspect-as
    Asks the provider about the access token as this client, and prints the
    answer. The client's secret is read from the environment variable
    OPENID_INTROSPECT_SECRET, or else from the terminal, without echo.

--cacert
    A file with more certificates to trust, in PEM. For an issuer on this
    machine, the root of Caddy's own local CA is tried without being asked.

--no-browser
    Prints the URL only.

--device
    For a machine without a browser: prints an address and a code, which you
    bring to a browser elsewhere, and waits (RFC 8628). The client must be
    public and have the grant type device_code; it needs no redirect URI.

--timeout
    How long to wait for the sign-in.
`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.String("issuer", "", "The issuer of the provider")
	flags.String("client", "", "The client_id to sign in for")
	flags.String("scope", "openid", "The scopes to ask for")
	flags.StringArray("resource", nil, "The resource the access token is for")
	flags.String("introspect-as", "", "The client that asks about the access token")
	flags.String("cacert", "", "A file with more certificates to trust")
	flags.Bool("no-browser", false, "Print the URL only")
	flags.Bool("device", false, "Print an address and a code for a browser elsewhere")
	flags.Duration("timeout", 5*time.Minute, "How long to wait for the sign-in")
	for _, name := range []string{"issuer", "client"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is defined a few lines above
		}
	}
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		resources, err := fl.GetStringArray("resource")
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		login := terminalLogin{
			issuer:       fl.String("issuer"),
			client:       fl.String("client"),
			scope:        fl.String("scope"),
			resources:    resources,
			introspectAs: fl.String("introspect-as"),
			caFile:       fl.String("cacert"),
			timeout:      fl.Duration("timeout"),
			open:         openBrowser,
			device:       fl.Bool("device"),
			readSecret:   introspectSecret,
			out:          os.Stdout,
			messages:     os.Stderr,
		}
		if fl.Bool("no-browser") {
			login.open = nil
		}
		if err := login.run(ctx); err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}

func hashSecretCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hash-secret [--own]",
		Short: "Makes a client secret and what to configure for it",
		Long: `
Prints a new client secret of 512 random bits, for the client, and its digest,
for the configuration: whoever reads the digest cannot find the secret.

--own
    Reads a secret of your own choice instead, from the terminal without echo
    or from standard input, and prints a slow hash of it (argon2id): what
    somebody chose can be guessed.
`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().Bool("own", false, "Hash a secret of your own choice")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		var err error
		if fl.Bool("own") {
			err = hashOwnSecret(ctx, os.Stdout)
		} else {
			err = makeSecret(os.Stdout, os.Stderr)
		}
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}
