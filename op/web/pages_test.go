package web

import (
	"io/fs"
	"math"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestOperatorsFilesStandInForOurs(t *testing.T) {
	pages, err := NewPages(fstest.MapFS{
		"login.html":       {Data: []byte(`{{define "title"}}Hello{{end}}{{define "content"}}<h1>Acme {{.ClientName}}</h1><img src="{{asset "logo.png"}}">{{end}}`)},
		"gatehouse.css":    {Data: []byte("body{}")},
		"logo.png":         {Data: []byte("png")},
		"submit.js":        {Data: []byte("alert(1)")},
		"check_session.js": {Data: []byte("alert(1)")},
		"more.js":          {Data: []byte("alert(1)")},
		"notes.txt":        {Data: []byte("private")},
		"sub/x.css":        {Data: []byte("deep")},
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := pages.render("login", samples["login"])
	if err != nil || !strings.Contains(string(body), "Acme Web shop") || !strings.Contains(string(body), "assets/logo.png?v=") {
		t.Errorf("%v %s", err, body)
	}
	if css, _, _, ok := pages.Asset("gatehouse.css"); !ok || string(css) != "body{}" {
		t.Errorf("css is %s", css)
	}
	for _, name := range scripts {
		if script, _, _, ok := pages.Asset(name); !ok || strings.Contains(string(script), "alert") {
			t.Errorf("%s is %s: pages run no script but ours", name, script)
		}
	}
	for _, name := range []string{"more.js", "notes.txt", "login.html", "sub/x.css", "x.css", "../page.go", ""} {
		if _, _, _, ok := pages.Asset(name); ok || pages.AssetURL(name) != "" {
			t.Errorf("%q is served", name)
		}
	}
	if _, err := pages.render("consent", samples["consent"]); err != nil {
		t.Errorf("a page that the operator left alone: %v", err)
	}
}

func TestFaultsInOperatorsFilesNameTheFile(t *testing.T) {
	for name, tt := range map[string]struct {
		files fs.FS
		want  []string
	}{
		"does not parse": {fstest.MapFS{"login.html": {Data: []byte("{{if}}")}}, []string{"login.html: "}},
		"every fault at once": {fstest.MapFS{
			"login.html": {Data: []byte("{{if}}")}, "consent.html": {Data: []byte("{{")},
		}, []string{"login.html: ", "consent.html: "}},
		"no content":      {fstest.MapFS{"error.html": {Data: []byte(`{{define "title"}}x{{end}}`)}}, []string{"error.html: ", `"content"`}},
		"unknown member":  {fstest.MapFS{"error.html": {Data: []byte(`{{define "title"}}{{.Stack}}{{end}}{{define "content"}}{{end}}`)}}, []string{"error.html: ", "Stack"}},
		"unknown asset":   {fstest.MapFS{"layout.html": {Data: []byte(`{{asset "nosuch.css"}}`)}}, []string{"login.html: ", "nosuch.css"}},
		"asset too large": {fstest.MapFS{"photo.jpg": {Data: make([]byte, maxAsset+1)}}, []string{"photo.jpg: larger than"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewPages(tt.files)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want %q in it", err, want)
				}
			}
		})
	}
}

// unreadable is a directory that cannot be listed, or whose files cannot be read.
type unreadable struct{ listable bool }

func (u unreadable) Open(name string) (fs.File, error) {
	if u.listable && name == "." {
		return fstest.MapFS{"a.css": {}}.Open(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestUnreadableDirectoryIsAFault(t *testing.T) {
	for _, listable := range []bool{false, true} {
		if _, err := NewPages(unreadable{listable}); err == nil || !strings.Contains(err.Error(), "permission") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestAssetsMayBeKeptByTheirVersion(t *testing.T) {
	pages, err := NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := pages.AssetHandler()
	serve := func(method, target, ifNoneMatch string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, nil)
		r.Header.Set("If-None-Match", ifNoneMatch)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	const forever = "public, max-age=31536000, immutable"
	ref := "/op/" + pages.AssetURL("gatehouse.css")
	body, _, etag, _ := pages.Asset("gatehouse.css")
	for _, tt := range []struct {
		name, method, target, ifNoneMatch string
		status                            int
		cache                             string
		length                            int
	}{
		{"this version", "GET", ref, "", 200, forever, len(body)},
		{"HEAD", "HEAD", ref, "", 200, forever, 0},
		{"no version", "GET", "/op/assets/gatehouse.css", "", 200, "no-cache", len(body)},
		{"older version", "GET", "/op/assets/gatehouse.css?v=old", "", 200, "no-cache", len(body)},
		{"known already", "GET", "/op/assets/gatehouse.css", etag, 304, "no-cache", 0},
		{"unknown file", "GET", "/op/assets/nosuch.css", "", 404, "", -1},
		{"template", "GET", "/op/assets/login.html", "", 404, "", -1},
		{"directory", "GET", "/op/assets/", "", 404, "", -1},
		{"other method", "POST", ref, "", 405, "no-store", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(tt.method, tt.target, tt.ifNoneMatch)
			if w.Code != tt.status || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			if tt.length >= 0 && (w.Body.Len() != tt.length || w.Header().Get("Etag") != etag) {
				t.Errorf("%d bytes, %v", w.Body.Len(), w.Header())
			}
		})
	}
	for name, want := range map[string]string{"gatehouse.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "submit.js": "text/javascript; charset=utf-8"} {
		w := serve("GET", "/assets/"+name, "")
		if w.Header().Get("Content-Type") != want || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
}

// WCAG 2.2 success criteria 1.4.3 (text, 4.5) and 1.4.11 (edges of controls, 3).
func TestColoursHaveContrast(t *testing.T) {
	css, err := fs.ReadFile(embedded, "ui/gatehouse.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(string(css), -1)
	if len(schemes) != 2 {
		t.Fatalf("%d colour schemes", len(schemes))
	}
	for n, scheme := range schemes {
		for _, pair := range []struct {
			text, ground string
			least        float64
		}{
			{"ink", "panel", 7},
			{"ink", "tint", 7},
			{"quiet", "panel", 4.5},
			{"quiet", "tint", 4.5},
			{"accent", "panel", 4.5},
			{"accent", "tint", 4.5},
			{"on-accent", "accent", 4.5},
			{"on-accent", "accent-strong", 4.5},
			{"problem", "problem-tint", 4.5},
			{"problem", "panel", 4.5},
			{"control", "panel", 3},
		} {
			if got := contrast(t, scheme, pair.text, pair.ground); got < pair.least {
				t.Errorf("scheme %d: %s on %s is %.2f, want %.1f", n, pair.text, pair.ground, got, pair.least)
			}
		}
	}
}

func contrast(t *testing.T, scheme, a, b string) float64 {
	t.Helper()
	high, low := luminance(t, scheme, a), luminance(t, scheme, b)
	return (max(high, low) + 0.05) / (min(high, low) + 0.05)
}

// luminance is the relative luminance of a colour of the style sheet, as WCAG defines it.
func luminance(t *testing.T, scheme, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`--` + name + `: #([0-9a-f]{6});`).FindStringSubmatch(scheme)
	if found == nil {
		t.Fatalf("no colour %s", name)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(found[1][2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(value) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestStyleSheetLoadsNothing(t *testing.T) {
	css, err := fs.ReadFile(embedded, "ui/gatehouse.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"@import", "url(", "http", "@font-face"} {
		if strings.Contains(string(css), word) {
			t.Errorf("style sheet has %s", word)
		}
	}
	for _, word := range []string{"prefers-color-scheme: dark", "prefers-reduced-motion", ":focus-visible", "forced-colors"} {
		if !strings.Contains(string(css), word) {
			t.Errorf("style sheet lacks %s", word)
		}
	}
}
