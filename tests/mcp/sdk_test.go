package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// sdkWithin is how long one client of the SDK may take, sign-in included.
const sdkWithin = 2 * time.Minute

// folder is where the programs of the SDK are built; TestMain makes it.
var folder string

// programs builds the server and the client of the SDK, whose module is fetched if it is not there.
var programs = sync.OnceValue(func() error {
	build := exec.Command("go", "build", "-o", folder+string(filepath.Separator), "./server", "./client")
	build.Dir = filepath.Join(harness.Root(), "tests", "mcp", "sdk")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs of the SDK: %w\n%s", err, output)
	}
	return nil
})

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "gatehouse-mcp-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// program starts one of them until the test ends; what it prints is read line by line.
func program(t *testing.T, name string, args ...string) (*bufio.Scanner, func() error) {
	t.Helper()
	if err := programs(); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), filepath.Join(folder, name), args...)
	messages := new(bytes.Buffer)
	command.Stderr = messages
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(out), func() error {
		if err := command.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, messages)
		}
		return nil
	}
}

// mcp is the example configuration, on other ports, with a server of the SDK behind it.
type mcp struct {
	*harness.Caddy
	t      *testing.T
	issuer string
	server string
	docs   *library
}

func newMCP(t *testing.T) *mcp {
	t.Helper()
	m := &mcp{t: t, docs: newLibrary(t)}
	upstream := fmt.Sprintf("127.0.0.1:%d", harness.Port(t))
	ports := strings.NewReplacer("8443", fmt.Sprint(harness.Port(t)), "8444", fmt.Sprint(harness.Port(t)), "127.0.0.1:9081", upstream)
	m.issuer, m.server = ports.Replace("https://localhost:8443"), ports.Replace("https://localhost:8444/mcp")
	lines, wait := program(t, "server", "-listen", upstream)
	t.Cleanup(func() { _ = wait() }) // killed by then
	if !lines.Scan() {
		t.Fatal("the MCP server does not start")
	}
	text, err := os.ReadFile(filepath.Join(harness.Root(), "Caddyfile.mcp.example"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(ports.Replace(string(text)), "\n{\n")
	options, sites, _ := strings.Cut(rest, "\n}\n")
	// What the harness says itself, and what a test has of documents: they lie on loopback, which is open to hosts by name alone.
	for _, change := range [][2]string{
		{"\tauto_https disable_redirects\n", ""},
		{"\tskip_install_trust\n", ""},
		{"\t\tmetadata_documents\n", "\t\tmetadata_documents {\n\t\t\tallow " + strings.TrimPrefix(m.docs.URL, "https://") + "\n\t\t}\n"},
		{"\t\tregistration open\n", "\t\tregistration open\n" + harness.Outbound(t, m.docs.Server) + "\n"},
	} {
		if !strings.Contains(options, change[0]) {
			t.Fatalf("the example lacks %q", change[0])
		}
		options = strings.Replace(options, change[0], change[1], 1)
	}
	m.Caddy = harness.Start(t, options, sites)
	harness.Reach(t, m.Client(t), m.issuer+"/jwks")
	harness.Reach(t, m.Client(t), m.server)
	return m
}

// told is what the tool tells of who calls it.
type told struct{ User, Client string }

// call runs a client of the SDK, signs the person in where it asks for a browser, and gives what its tools told and
// the URL that was opened.
func (m *mcp) call(args ...string) (results []told, opened *url.URL) {
	m.t.Helper()
	lines, wait := program(m.t, "client", append([]string{"-ca", m.RootFile()}, append(args, m.server)...)...)
	for lines.Scan() {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "open":
			opened = m.signIn(rest)
		case "result":
			var one told
			if err := json.Unmarshal([]byte(rest), &one); err != nil {
				m.t.Fatalf("%s: %v", rest, err)
			}
			results = append(results, one)
		}
	}
	if err := wait(); err != nil {
		m.t.Fatal(err)
	}
	return results, opened
}

// signIn is the person in front of the browser, which takes the answer to the client.
func (m *mcp) signIn(address string) *url.URL {
	m.t.Helper()
	opened, err := url.Parse(address)
	if err != nil {
		m.t.Fatal(err)
	}
	browser := m.Client(m.t)
	answer := harness.SignIn(m.t, browser, address, "diana", "krall")
	back, err := answer.Location()
	if err != nil {
		m.t.Fatalf("%s %v\n%s", answer.Status, err, answer.Text)
	}
	if back.Query().Get("iss") != m.issuer {
		m.t.Errorf("the answer is from %q", back.Query().Get("iss"))
	}
	if done := harness.Get(m.t, &http.Client{Timeout: sdkWithin}, back.String()); done.StatusCode != http.StatusOK {
		m.t.Errorf("the client answers %s", done.Status)
	}
	return opened
}

// From a URL to a tool call, by a document of the client's own.
func TestAClientOfTheSDKThatIsDescribedByADocument(t *testing.T) {
	m := newMCP(t)
	id := m.docs.put("/client.json", `,"client_name":"SDK","token_endpoint_auth_method":"none"`, "http://127.0.0.1/callback")
	results, opened := m.call("-document", id)
	if len(results) != 1 || results[0].Client != id || results[0].User == "" {
		t.Errorf("%v", results)
	}
	query := opened.Query()
	if query.Get("client_id") != id || query.Get("resource") != m.server || query.Get("code_challenge_method") != "S256" || query.Get("scope") != "tools:call" {
		t.Errorf("%s", opened)
	}
}

// From a URL to a tool call, by registration.
func TestAClientOfTheSDKThatRegisters(t *testing.T) {
	m := newMCP(t)
	results, opened := m.call()
	if len(results) != 1 || !strings.HasPrefix(results[0].Client, "gcl_") || results[0].User == "" {
		t.Errorf("%v", results)
	}
	if query := opened.Query(); query.Get("client_id") != results[0].Client || query.Get("resource") != m.server {
		t.Errorf("%s", opened)
	}
}
