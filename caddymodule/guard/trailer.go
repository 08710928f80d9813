package guard

import (
	"io"
	"net/http"
)

// scrubTrailer gives the request trailers of its own: those that were announced, without what only the guard or the
// header may say. Deleting names from the map is not enough, because over HTTP/1 net/http writes into it
// whatever the trailer section holds, announced or not, when the body has been read.
func (s *scrubber) scrubTrailer(r *http.Request) {
	arriving := r.Trailer
	r.Trailer = make(http.Header, len(arriving))
	for name, values := range arriving {
		if !s.protects(name) && mayTrail(name) {
			r.Trailer[name] = values
		}
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &trailerBody{ReadCloser: r.Body, arriving: arriving, scrubbed: r.Trailer}
	}
}

// mayTrail reports whether a trailer may be passed on at all; a sender must not put what routes or
// authenticates a request there (RFC 9110 section 6.5.1), and some upstreams would believe it.
func mayTrail(name string) bool {
	return name != "Authorization" && name != "Dpop" && name != "Cookie"
}

// trailerBody moves the values of the trailers that may pass over when the body ends.
type trailerBody struct {
	io.ReadCloser
	arriving http.Header
	scrubbed http.Header
}

func (b *trailerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		for name := range b.scrubbed {
			b.scrubbed[name] = b.arriving[name]
		}
	}
	return n, err
}
