package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestFreshness(t *testing.T) {
	const date, later = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 09:49:37 GMT"
	for name, tt := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"nothing":              {http.Header{}, 0},
		"max-age":              {http.Header{"Cache-Control": {"max-age=60"}}, time.Minute},
		"in quotes":            {http.Header{"Cache-Control": {`Max-Age="60"`}}, time.Minute},
		"among others":         {http.Header{"Cache-Control": {"public", "must-revalidate , max-age=60"}}, time.Minute},
		"less its age":         {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"50"}}, 10 * time.Second},
		"older than that":      {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"70"}}, 0},
		"no-store":             {http.Header{"Cache-Control": {"max-age=60, no-store"}, "Expires": {later}, "Date": {date}}, 0},
		"no-cache":             {http.Header{"Cache-Control": {"no-cache"}, "Expires": {later}, "Date": {date}}, 0},
		"max-age over Expires": {http.Header{"Cache-Control": {"max-age=0"}, "Expires": {later}, "Date": {date}}, 0},
		"Expires":              {http.Header{"Expires": {later}, "Date": {date}}, time.Hour},
		"Expires in the past":  {http.Header{"Expires": {date}, "Date": {later}}, 0},
		"Expires without Date": {http.Header{"Expires": {later}}, 0},
		"Expires: 0":           {http.Header{"Expires": {"0"}, "Date": {date}}, 0},
		"negative":             {http.Header{"Cache-Control": {"max-age=-1"}}, 0},
		"no number":            {http.Header{"Cache-Control": {"max-age=soon"}}, 0},
		"for ever":             {http.Header{"Cache-Control": {"max-age=4000000000"}}, longest * time.Second},
		"beyond all numbers":   {http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, 0},
	} {
		if got := freshness(tt.header); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
