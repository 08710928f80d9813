package flow

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// field is one header field of HTTP/2, as it is written.
type field struct{ name, value string }

// h2 writes one request to the guarded site, frame by frame, and returns its status; 0 is a stream or
// a connection that was reset. A trailer, if there is one, follows the body.
func (h *house) h2(t testing.TB, fields []field, body string, trailer ...field) int {
	t.Helper()
	connection, err := tls.Dial("tcp", h.host(h.api), &tls.Config{RootCAs: h.Roots(t), ServerName: "localhost", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(connection, connection)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encode := func(fields []field) []byte {
		block.Reset()
		for _, f := range fields {
			if err := encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value}); err != nil {
				t.Fatal(err)
			}
		}
		return bytes.Clone(block.Bytes())
	}
	ends := body == "" && len(trailer) == 0
	err = errors.Join(
		framer.WriteSettings(),
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: encode(fields), EndHeaders: true, EndStream: ends}),
	)
	if err == nil && !ends {
		err = framer.WriteData(1, len(trailer) == 0, []byte(body))
	}
	if err == nil && len(trailer) > 0 {
		err = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: encode(trailer), EndHeaders: true, EndStream: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	return h2status(framer)
}

// h2status reads frames until the first answer to stream 1.
func h2status(framer *http2.Framer) int {
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return 0
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			status, err := strconv.Atoi(frame.PseudoValue("status"))
			if err != nil || status >= 200 {
				return status
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return 0
		}
	}
}

// h2request is a GET of HTTP/2 with more fields behind it.
func (h *house) h2request(path string, more ...field) []field {
	return append([]field{{":method", "GET"}, {":scheme", "https"}, {":authority", h.host(h.api)}, {":path", path}}, more...)
}

func TestThreat069_AmbiguousPathsOverHTTP2(t *testing.T) {
	h := shared(t)
	authorization := field{"authorization", "Bearer " + h.person(t)}
	for _, path := range append([]string{"", "orders", "https://elsewhere.example/orders"}, ambiguous...) {
		h.up.untouched(t, path, func() {
			if status := h.h2(t, h.h2request(path, authorization), ""); status != 400 && status != 0 {
				t.Errorf("%q: %d", path, status)
			}
		})
	}
	if status := h.h2(t, h.h2request("/orders", authorization), ""); status != 200 {
		t.Errorf("a plain path: %d", status)
	}
}

func TestThreat067_HeadersOverHTTP2(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	authorization := field{"authorization", "Bearer " + token}
	for _, test := range []struct {
		name   string
		fields []field
		status []int
	}{
		{"two authorization fields", []field{authorization, authorization}, []int{400}},
		{"two authorization fields, one of them bad", []field{{"authorization", "Basic eDp5"}, authorization}, []int{400}},
		{"a connection field", []field{authorization, {"connection", "x-user-id"}}, []int{0, 200, 400}},
		{"te", []field{authorization, {"te", "trailers, x-user-id"}}, []int{0, 200, 400}},
		{"identity fields", []field{authorization, {"x-user-id", "evil"}, {"x_user_id", "evil"}, {"x.user.id", "evil"}, {"x-scope", "evil"}}, []int{200}},
		{"a name in capitals", []field{authorization, {"X-User-Id", "evil"}}, []int{0, 400}},
		{"no token", []field{{"x-user-id", "evil"}}, []int{401}},
		{"a cookie", []field{{"cookie", "access_token=" + token}}, []int{401}},
	} {
		before := h.up.hits()
		got := h.h2(t, h.h2request("/orders", test.fields...), "")
		good := false
		for _, status := range test.status {
			good = good || status == got
		}
		if !good || (h.up.hits() != before) != (got == 200) {
			t.Errorf("%s: %d and %d hits", test.name, got, h.up.hits()-before)
		}
		if got == 200 {
			ofDiana(t, test.name, h.up.last(t).Header)
		}
	}
}

func TestThreat068_TrailersOverHTTP2(t *testing.T) {
	h := shared(t)
	authorization := field{"authorization", "Bearer " + h.person(t)}
	for _, announced := range []string{"x-user-id", "x-user-id, x-harmless", "x_user_id,x-harmless", "x-harmless"} {
		request := h.h2request("/orders", authorization, field{"trailer", announced})
		request[0].value = "POST"
		if status := h.h2(t, request, "body", field{"x-user-id", "evil"}, field{"x_user_id", "evil"}, field{"x-harmless", "yes"}); status != 200 {
			t.Fatalf("%s: %d", announced, status)
		}
		at := h.up.last(t)
		ofDiana(t, announced, at.Header)
		nobody(t, announced, at.Trailer)
		if at.Body != "body" {
			t.Errorf("%s: the body arrived as %q", announced, at.Body)
		}
	}
}

// A WebSocket over HTTP/2 is an extended CONNECT (RFC 8441), judged as the GET it becomes.
func TestMust075_ExtendedConnectIsGuarded(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	connect := func(path, protocol string, more ...field) []field {
		fields := h.h2request(path, more...)
		fields[0].value = "CONNECT"
		if protocol != "" {
			fields = append(fields[:4:4], append([]field{{":protocol", protocol}}, fields[4:]...)...)
		}
		return fields
	}
	h.up.untouched(t, "CONNECT", func() {
		for name, fields := range map[string][]field{
			"without a token":     connect("/orders", "websocket"),
			"with a dead token":   connect("/orders", "websocket", field{"authorization", "Bearer nonsense"}),
			"of another protocol": connect("/orders", "connect-udp", field{"authorization", "Bearer " + token}),
			"plain":               {{":method", "CONNECT"}, {":authority", h.host(h.api)}, {"authorization", "Bearer " + token}},
		} {
			if status := h.h2(t, fields, ""); status == 200 || status >= 500 {
				t.Errorf("%s: %d", name, status)
			}
		}
	})
}
