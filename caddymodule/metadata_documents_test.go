package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

func TestMetadataDocuments(t *testing.T) {
	for block, want := range map[string]op.MetadataDocuments{
		"":                        {},
		"metadata_documents":      {On: true},
		"metadata_documents {\n}": {On: true},
		"metadata_documents {\n allow a.example\n allow b.example\n}":        {On: true, Allow: []string{"a.example", "b.example"}},
		"metadata_documents {\n allow *.example.com app.example.org:8443\n}": {On: true, Allow: []string{"*.example.com", "app.example.org:8443"}},
	} {
		p, err := parse(t, "{\nissuer https://id.example.com\n"+block+"\n}")
		if err != nil {
			t.Errorf("%q: %v", block, err)
			continue
		}
		config, faults := p.config("main")
		if diff := cmp.Diff(want, config.MetadataDocuments); diff != "" || len(faults) > 0 {
			t.Errorf("%q: %v\n%s", block, faults, diff)
		}
	}
}

func TestMetadataDocumentsFaults(t *testing.T) {
	for block, want := range map[string]string{
		"metadata_documents on":                              "wrong argument count",
		"metadata_documents {\n allow\n}":                    "allow has no value",
		"metadata_documents {\n allow a.example {\n x\n}\n}": "unexpected block",
		"metadata_documents {\n deny a.example\n}":           "unknown word 'deny'",
		"metadata_documents {\n}\nmetadata_documents {\n\n}": "'metadata_documents' stands twice",
	} {
		if _, err := parse(t, "{\nissuer https://id.example.com\n"+block+"\n}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", block, err, want)
		}
	}
	p := &Provider{Issuer: "https://id.example.com", MetadataDocuments: &MetadataDocuments{Allow: []string{"https://app.example.com"}}}
	if _, faults := p.config("main"); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "metadata_documents: allow: \"https://app.example.com\" is not a host") {
		t.Errorf("%v", faults)
	}
}
