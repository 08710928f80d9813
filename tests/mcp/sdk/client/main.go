// Command client calls every tool of an MCP server of which it knows the URL and nothing else. The SDK finds the
// authorization server; this program shows the URL that a browser has to open, and waits on this machine for the answer.
//
//	go run -C tests/mcp/sdk ./client -ca root.crt https://localhost:8444/mcp
//
// It prints "open <url>" for a browser, and "result <json>" for each tool.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

func main() {
	ca := flag.String("ca", "", "file with a certificate authority to trust")
	document := flag.String("document", "", "URL of the client's metadata document; without one it registers")
	calls := flag.Int("calls", 1, "how many times to call each tool")
	every := flag.Duration("every", 0, "how long to wait between calls")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("the URL of an MCP server is missing")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx, flag.Arg(0), *ca, *document, *calls, *every); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, address, ca, document string, calls int, every time.Duration) error {
	client, err := trusting(ca)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	handler, err := authorization(client, listener, document)
	if err != nil {
		return err
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "example", Version: "1.0.0"}, nil).Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: address, HTTPClient: client, OAuthHandler: handler,
	}, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer session.Close()
	tools, err := session.ListTools(ctx, nil)
	if err != nil {
		return fmt.Errorf("list tools: %w", err)
	}
	for range calls {
		for _, tool := range tools.Tools {
			result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool.Name})
			if err != nil {
				return fmt.Errorf("call %s: %w", tool.Name, err)
			}
			text, err := json.Marshal(result.StructuredContent)
			if err != nil {
				return err
			}
			fmt.Printf("result %s\n", text)
		}
		time.Sleep(every)
	}
	return nil
}

// authorization signs a person in by a browser whose answer arrives at the listener.
func authorization(client *http.Client, listener net.Listener, document string) (*auth.AuthorizationCodeHandler, error) {
	redirect := fmt.Sprintf("http://%s/callback", listener.Addr())
	config := &auth.AuthorizationCodeHandlerConfig{
		RedirectURL: redirect, Client: client,
		AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			fmt.Printf("open %s\n", args.URL)
			return receive(ctx, listener)
		},
	}
	if document != "" {
		config.ClientIDMetadataDocumentConfig = &auth.ClientIDMetadataDocumentConfig{URL: document}
	} else {
		config.DynamicClientRegistrationConfig = &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "Example MCP client", RedirectURIs: []string{redirect}, TokenEndpointAuthMethod: "none",
			GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		}}
	}
	return auth.NewAuthorizationCodeHandler(config)
}

// receive waits for the browser.
func receive(ctx context.Context, listener net.Listener) (*auth.AuthorizationResult, error) {
	answers := make(chan *auth.AuthorizationResult, 1)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if refused := query.Get("error"); refused != "" {
			log.Printf("refused: %s", refused)
		}
		fmt.Fprintln(w, "Done. You can close this window.")
		select {
		case answers <- &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"), Iss: query.Get("iss")}:
		default:
		}
	})}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
	}()
	select {
	case answer := <-answers:
		return answer, server.Shutdown(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// trusting is a client that trusts one more authority.
func trusting(ca string) (*http.Client, error) {
	if ca == "" {
		return http.DefaultClient, nil
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}, nil
}
