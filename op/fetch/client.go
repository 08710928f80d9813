package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// MaxBody is the most bytes that an answer may have.
	MaxBody = 64 << 10
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 16 << 10
	// patience is all the time that one answer may take, from looking up the name to the last byte.
	patience = 3 * time.Second
	// atOnce bounds how many answers are waited for. Strangers choose whom we ask and how slow they are.
	atOnce = 64
)

// Client reads documents from elsewhere, and tells and asks others there, within its Policy. It sends no cookie and no
// credentials but those that Ask is given, and knows no proxy of the environment. It is safe for concurrent use; make it
// with New, and it keeps no connection, or with NewForOne.
type Client struct {
	http  *http.Client
	slots chan struct{}
	lanes *lanes
}

// New makes a Client.
func New(p Policy) *Client { return newClient(p, net.DefaultResolver) }

func newClient(p Policy, resolver *net.Resolver) *Client {
	dialer := &net.Dialer{Control: p.control, Resolver: resolver}
	return &Client{
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                  nil,
				DialContext:            refuseClear,
				DialTLSContext:         trusting(dialer, p.Roots),
				DisableKeepAlives:      true,
				DisableCompression:     true, // 64 KiB of gzip are 64 MiB of zeros
				MaxResponseHeaderBytes: maxHeader,
			},
			// A redirect would be a second address, chosen by whoever answers at the first.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		slots: make(chan struct{}, atOnce),
		lanes: newLanes(perHost),
	}
}

// idleFor is how long NewForOne keeps a connection that nobody uses.
const idleFor = 15 * time.Second

// NewForOne makes a Client for one party that the operator named and that is asked often: it keeps connections, and
// waits for as many answers of one host as of all.
func NewForOne(p Policy) *Client {
	c := newClient(p, net.DefaultResolver)
	if transport, ok := c.http.Transport.(*http.Transport); ok {
		transport.DisableKeepAlives = false
		transport.IdleConnTimeout = idleFor
		transport.MaxIdleConnsPerHost = atOnce
	}
	c.lanes = newLanes(atOnce)
	return c
}

// refuseClear never gives a connection without TLS.
func refuseClear(context.Context, string, string) (net.Conn, error) { return nil, ErrURL }

// Document is what was read.
type Document struct {
	Body []byte
	// ContentType is the header as it was sent.
	ContentType string
	// FreshFor is how long the document may be used without asking again (RFC 9111 section 4.2.1); 0 if the
	// answer says nothing, or forbids it.
	FreshFor time.Duration
}

// Get reads an https URL; a fragment is not sent. The answer has to be 200, at most MaxBody bytes long and here
// within 3 s. The error is one of Err…, or wraps one.
func (c *Client) Get(ctx context.Context, address string) (Document, error) {
	var document Document
	err := c.do(ctx, http.MethodGet, address, nil, nil, func(response *http.Response) (err error) {
		document, err = read(response)
		return err
	})
	return document, err
}

// do sends a request and has the answer taken, all within the time that there is. It sends a form, or nil for
// nothing, and these header fields beside its own.
func (c *Client) do(ctx context.Context, method, address string, form url.Values, header map[string]string, take func(*http.Response) error) error {
	target, host, err := checkedURL(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err := c.lanes.enter(ctx, host)
	if err != nil {
		return err
	}
	defer leave()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return ErrBusy
	}
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return ErrURL
	}
	request.Header.Set("User-Agent", "Gatehouse")
	request.Header.Set("Accept", "*/*")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return unreached(err)
	}
	defer response.Body.Close()
	if err := ctx.Err(); err != nil {
		return unreached(err) // an answer to our giving up, which came in while the connection was being closed
	}
	return take(response)
}

// checkedURL gives an address without its fragment, and the host that it names.
func checkedURL(address string) (target, host string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", "", ErrURL
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), nil
}

func read(response *http.Response) (Document, error) {
	if response.StatusCode != http.StatusOK {
		return Document{}, fmt.Errorf("%w: %d", about(response.StatusCode), response.StatusCode)
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return Document{}, ErrEncoded
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxBody+1))
	switch {
	case err != nil:
		return Document{}, unreached(err)
	case len(body) > MaxBody:
		return Document{}, ErrTooLarge
	}
	return Document{Body: body, ContentType: response.Header.Get("Content-Type"), FreshFor: freshness(response.Header)}, nil
}

// about is what a status that is no success is about: us, the other side, or what was sent.
func about(status int) error {
	if status/100 == 4 && status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
		return ErrDeclined
	}
	return ErrStatus
}

// unreached names the cause without the URL, in whose query anything may stand, and without what the other side sent,
// which may be what was sent to it: net/http quotes whatever it cannot read.
func unreached(err error) error {
	if from, ok := errors.AsType[*url.Error](err); ok {
		err = from.Err
	}
	if errors.Is(err, ErrAddress) {
		return err
	}
	_, undialled := errors.AsType[*dialError](err)
	_, lost := errors.AsType[net.Error](err)
	if undialled || lost || errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrUnreached, err)
	}
	return fmt.Errorf("%w: what came cannot be read", ErrUnreached)
}
