package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/seed-5b16f944/gatehouse/op"
)

const storeHelp = `
--config
    The configuration that names the provider and its store; the file Caddyfile
    of this folder by default. Environment variables and files that it refers
    to are needed here too.

--adapter
    The configuration's format, if its name does not tell.

--provider
    The name of the provider. May be left out when there is only one.
`

// storeCommand gives cmd the flags of all commands that work on a store, and what it does with one file.
func storeCommand(cmd *cobra.Command, do func(ctx context.Context, c *storeTerminal, file string, fl caddycmd.Flags) error) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.Flags().StringP("config", "c", "", "The configuration")
	cmd.Flags().StringP("adapter", "a", "", "The configuration's format")
	cmd.Flags().String("provider", "", "The name of the provider")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(fl caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		c, err := configuredStore(fl.String("config"), fl.String("adapter"), fl.String("provider"))
		if err == nil {
			c.messages = os.Stderr
			err = do(ctx, c, fl.Arg(0), fl)
		}
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}

// storeTerminal works on the store of one provider for a person at a terminal.
type storeTerminal struct {
	name, issuer string
	location     op.Location
	messages     io.Writer
}

// configuredStore finds a provider's store in a configuration file. Nothing is started.
func configuredStore(file, adapter, provider string) (*storeTerminal, error) {
	config, _, _, err := caddycmd.LoadConfig(file, adapter)
	if err != nil {
		return nil, err
	}
	return storeIn(config, provider)
}

// storeIn finds a provider's store in a configuration in JSON.
func storeIn(config []byte, provider string) (*storeTerminal, error) {
	var root struct {
		Apps struct {
			OpenID *App `json:"openid_provider"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(config, &root); err != nil {
		return nil, fmt.Errorf("the configuration was not understood: %w", err)
	}
	if root.Apps.OpenID == nil || len(root.Apps.OpenID.Providers) == 0 {
		return nil, errors.New("the configuration has no openid_provider; say with --config where it is")
	}
	name, err := theProvider(root.Apps.OpenID.Providers, provider)
	if err != nil {
		return nil, err
	}
	configured := root.Apps.OpenID.Providers[name]
	if configured == nil {
		configured = new(Provider)
	}
	location, err := configured.Storage.location(name, configured.encryptionKey())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &storeTerminal{name: name, issuer: configured.Issuer, location: location, messages: io.Discard}, nil
}

// theProvider is the one called name, or the only one.
func theProvider(all map[string]*Provider, name string) (string, error) {
	if _, found := all[name]; found {
		return name, nil
	}
	if name != "" {
		return "", fmt.Errorf("no openid_provider is called %q; there is %s", name, names(all))
	}
	if len(all) != 1 {
		return "", fmt.Errorf("there are several providers, name one of them with --provider: %s", names(all))
	}
	for only := range all {
		name = only
	}
	return name, nil
}

// say tells the person something on a line.
func (c *storeTerminal) say(format string, args ...any) {
	fmt.Fprintf(c.messages, format+"\n", args...)
}
