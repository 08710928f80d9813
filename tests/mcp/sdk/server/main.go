// Command server is an MCP server behind Caddyfile.mcp.example. It has one tool and knows nothing of OAuth: who gets
// here has passed the guard, which says in headers who it is.
//
//	go run -C tests/mcp/sdk ./server
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// answer is what the tool tells.
type answer struct {
	User   string `json:"user" jsonschema:"who is signed in"`
	Client string `json:"client" jsonschema:"the application they use"`
}

func whoami(_ context.Context, request *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, answer, error) {
	header := request.Extra.Header
	return nil, answer{User: header.Get("X-User-Id"), Client: header.Get("X-Client-Id")}, nil
}

func main() {
	listen := flag.String("listen", "127.0.0.1:9081", "address to listen at; nobody but the guard may reach it")
	flag.Parse()
	tools := mcp.NewServer(&mcp.Implementation{Name: "whoami", Version: "1.0.0"}, nil)
	mcp.AddTool(tools, &mcp.Tool{Name: "whoami", Description: "Tells who is asking"}, whoami)
	server := &http.Server{
		Addr:              *listen,
		Handler:           mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return tools }, nil),
		ReadHeaderTimeout: 10 * time.Second,
	}
	fmt.Printf("an MCP server at http://%s/mcp\n", *listen)
	log.Fatal(server.ListenAndServe())
}
