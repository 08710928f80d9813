package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

//go:embed ui
var embedded embed.FS

// pageNames are the templates that Page can write, each in a file <name>.html over layout.html and client.html.
var pageNames = []string{"login", "select", "consent", "signed_in", "signed_out", "end_session", "account", "answered", "device", "device_confirm", "device_done", "error", "form_post", "continue", "frontchannel"}

// Pages are the templates and assets, ready to serve.
type Pages struct {
	templates map[string]*template.Template
	assets    map[string]asset
}

// NewPages reads the pages. A file in override (nil: none) stands in for the one of the same name;
// further style sheets, images and fonts there are served as assets. Every template is tried on a
// sample, so that a fault is found now, with its file's name, and not by the first person to sign in.
func NewPages(override fs.FS) (*Pages, error) {
	own, err := fs.Sub(embedded, "ui")
	if err != nil {
		return nil, err
	}
	files := overlay{top: override, base: own}
	assets, err := readAssets(files)
	if err != nil {
		return nil, err
	}
	p := &Pages{templates: make(map[string]*template.Template, len(pageNames)), assets: assets}
	var faults []error
	for _, name := range pageNames {
		tmpl, err := p.parse(files, name)
		if err == nil {
			p.templates[name] = tmpl
			_, err = p.render(name, samples[name])
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.html: %w", name, err))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return p, nil
}

func (p *Pages) parse(files overlay, name string) (*template.Template, error) {
	tmpl := template.New("layout").Funcs(template.FuncMap{"asset": p.mustAsset, "onDevice": oauth.OnDevice}).Option("missingkey=error")
	for _, file := range []string{"layout.html", "client.html", name + ".html"} {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		if _, err := tmpl.Parse(string(text)); err != nil {
			return nil, err
		}
	}
	return tmpl, nil
}

// render executes a page completely before a byte of it is sent: half a page must not go out with
// the status of a whole one.
func (p *Pages) render(name string, view any) ([]byte, error) {
	tmpl, ok := p.templates[name]
	if !ok {
		return nil, fmt.Errorf("web: no page named %q", name)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, view); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// overlay reads a file from top if it is there, else from base.
type overlay struct{ top, base fs.FS }

// Open opens the named file of the upper directory that has it.
func (o overlay) Open(name string) (fs.File, error) {
	if o.top != nil {
		file, err := o.top.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return o.base.Open(name)
}
