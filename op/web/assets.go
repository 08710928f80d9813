package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"
)

// maxAsset bounds one asset in bytes: they are held in memory.
const maxAsset = 2 << 20

// assetTypes are the kinds of file that are served. A script is served only if it is one of our own:
// pages run no other.
var assetTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".jpg":   "image/jpeg",
	".webp":  "image/webp",
	".ico":   "image/x-icon",
	".woff2": "font/woff2",
}

// scripts are our own.
var scripts = []string{"submit.js", "frontchannel.js", CheckSessionScript}

// CheckSessionScript is the asset that answers in the check_session_iframe.
const CheckSessionScript = "check_session.js"

type asset struct {
	body              []byte
	contentType, hash string
}

// readAssets takes every servable file of both directories; the operator's stand in for ours.
func readAssets(files overlay) (map[string]asset, error) {
	assets := make(map[string]asset)
	for _, dir := range []fs.FS{files.base, files.top} {
		if dir == nil {
			continue
		}
		entries, err := fs.ReadDir(dir, ".")
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			contentType, ok := assetTypes[path.Ext(entry.Name())]
			if slices.Contains(scripts, entry.Name()) && dir == files.base {
				contentType, ok = "text/javascript; charset=utf-8", true
			}
			if !ok || entry.IsDir() {
				continue
			}
			body, err := fs.ReadFile(dir, entry.Name())
			if err != nil {
				return nil, err
			}
			if len(body) > maxAsset {
				return nil, fmt.Errorf("%s: larger than %d bytes", entry.Name(), maxAsset)
			}
			sum := sha256.Sum256(body)
			assets[entry.Name()] = asset{body, contentType, base64.RawURLEncoding.EncodeToString(sum[:12])}
		}
	}
	return assets, nil
}

// Asset returns a style sheet, image, font or script by its file name; etag is quoted.
func (p *Pages) Asset(name string) (body []byte, contentType, etag string, ok bool) {
	a, ok := p.assets[name]
	return a.body, a.contentType, `"` + a.hash + `"`, ok
}

// AssetURL is the reference to an asset, relative to any page of ours: it changes with the file's
// content. It is "" when there is no such asset.
func (p *Pages) AssetURL(name string) string {
	a, ok := p.assets[name]
	if !ok {
		return ""
	}
	return "assets/" + name + "?v=" + a.hash
}

// mustAsset is AssetURL for templates, where a missing file is a fault to report.
func (p *Pages) mustAsset(name string) (string, error) {
	if ref := p.AssetURL(name); ref != "" {
		return ref, nil
	}
	return "", fmt.Errorf("no asset named %q", name)
}

// AssetHandler serves <issuer>/assets/<name>, to GET and HEAD. A request that names the version it
// means may keep the answer for a year; any other asks again with the entity tag.
func (p *Pages) AssetHandler() http.Handler {
	serve := func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		body, contentType, etag, ok := p.Asset(name)
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("ETag", etag)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// An SVG opened by itself is a document: it may run nothing either.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-cache")
		if `"`+r.URL.Query().Get("v")+`"` == etag {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	}
	return Methods(map[string]http.HandlerFunc{http.MethodGet: serve, http.MethodHead: serve})
}
