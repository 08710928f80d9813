package registration

import (
	"net/http"
	"testing"
)

// TestMust050_StrictlyAClientShowsItsOwnHostsAlone, when it registers and when it changes its mind.
func TestMust050_StrictlyAClientShowsItsOwnHostsAlone(t *testing.T) {
	with := func(member, uri string) string {
		return `{"redirect_uris":["` + callback + `"],"` + member + `":"` + uri + `"}`
	}
	usual, strict := newHouse(t), newHouse(t, func(h *house) { h.Policy.OneHost = true })
	for _, member := range []string{"logo_uri", "policy_uri", "tos_uri", "client_uri", "logo_uri#de", "tos_uri#ja"} {
		usual.register(with(member, "https://cdn.example/x"))
		registered := strict.register(with(member, "https://app.example/x"))
		for _, uri := range []string{"https://evil.example/x", "http://app.example/x", "https://app.example.evil.example/x"} {
			strict.post(with(member, uri)).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
			body := `{"client_id":"` + registered.text("client_id") + `",` + with(member, uri)[1:]
			strict.manage(http.MethodPut, registered, body).mustRefuse(t, http.StatusBadRequest, "invalid_client_metadata")
		}
	}
	if rows := strict.rows(); len(rows) != 6 {
		t.Errorf("%d are stored", len(rows))
	}
}
