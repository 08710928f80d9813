package differential

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	h2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is a connection to one site in HTTP/2, written frame by frame.
type frames struct {
	net.Conn
	*h2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
	stream  uint32 // the last one used
}

func newFrames(connection net.Conn) (*frames, error) {
	f := &frames{Conn: connection, Framer: h2.NewFramer(connection, connection)}
	f.encoder = hpack.NewEncoder(&f.block)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = connection.SetDeadline(time.Now().Add(patience))
	_, err := io.WriteString(connection, h2.ClientPreface)
	return f, errors.Join(err, f.WriteSettings(), f.WriteWindowUpdate(0, 1<<30))
}

// send2 sends a request over HTTP/2 and returns its status.
func (s *sender) send2(r *request) (status int, err error) {
	at := [2]int{r.variant, r.upstream}
	one := s.framed[at]
	if one == nil || one.stream > 1<<20 {
		connection, err := s.dial(r, "h2")
		if err != nil {
			return statusNone, err
		}
		if one, err = newFrames(connection); err != nil {
			return statusNone, err
		}
		s.framed[at] = one
	}
	status, again := one.exchange(r)
	if !again {
		one.Close()
		delete(s.framed, at)
	}
	return status, nil
}

func (f *frames) exchange(r *request) (status int, again bool) {
	_ = f.SetDeadline(time.Now().Add(patience))
	f.stream += 2
	if f.stream == 2 {
		f.stream = 1
	}
	ends := r.body == "" && len(r.trailer) == 0
	err := f.WriteHeaders(h2.HeadersFrameParam{StreamID: f.stream, BlockFragment: f.fields(r), EndHeaders: true, EndStream: ends})
	if err == nil && !ends {
		err = f.WriteData(f.stream, len(r.trailer) == 0, []byte(r.body))
	}
	if err == nil && len(r.trailer) > 0 {
		err = f.WriteHeaders(h2.HeadersFrameParam{StreamID: f.stream, BlockFragment: f.encode(lower(r.trailer)), EndHeaders: true, EndStream: true})
	}
	if err != nil {
		return statusNone, false
	}
	return f.answer()
}

// fields is the header of a request. What HTTP/1 says in its first line and in Host is in pseudo-headers.
func (f *frames) fields(r *request) []byte {
	scheme := "http"
	if variants[r.variant].tls {
		scheme = "https"
	}
	all := []field{{":method", r.method}, {":scheme", scheme}, {":authority", r.header[0].value}, {":path", r.target}}
	if r.method == "CONNECT" && len(r.pseudo) == 0 {
		all = []field{all[0], all[2]}
	}
	all = append(all, r.pseudo...)
	return f.encode(append(all, lower(r.header[1:])...))
}

// lower writes names as HTTP/2 wants them, but for those with an X- in front: of these every sixth stays, since a
// server has to refuse it.
func lower(fields []field) []field {
	all := make([]field, 0, len(fields))
	for _, one := range fields {
		if len(one.value)%6 != 5 || !strings.HasPrefix(one.name, "X-") || one.name == "X-Mark" {
			one.name = strings.ToLower(one.name)
		}
		all = append(all, one)
	}
	return all
}

func (f *frames) encode(fields []field) []byte {
	f.block.Reset()
	for _, one := range fields {
		_ = f.encoder.WriteField(hpack.HeaderField{Name: one.name, Value: one.value}) // into memory
	}
	return bytes.Clone(f.block.Bytes())
}

// answer reads frames until the stream has ended.
func (f *frames) answer() (status int, again bool) {
	for {
		frame, err := f.ReadFrame()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return statusStalled, false
		}
		if err != nil {
			return status, false
		}
		switch frame := frame.(type) {
		case *h2.SettingsFrame:
			if !frame.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *h2.PingFrame:
			if !frame.IsAck() {
				_ = f.WritePing(true, frame.Data)
			}
		case *h2.MetaHeadersFrame:
			if frame.StreamID != f.stream {
				continue
			}
			status, _ = strconv.Atoi(frame.PseudoValue("status"))
			if frame.StreamEnded() {
				return status, true
			}
		case *h2.DataFrame:
			if frame.StreamID == f.stream && frame.StreamEnded() {
				return status, true
			}
		case *h2.RSTStreamFrame:
			if frame.StreamID == f.stream {
				return status, true
			}
		case *h2.GoAwayFrame:
			return status, false
		}
	}
}
