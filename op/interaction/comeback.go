package interaction

import (
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// ParamPosted is the parameter of our own redirects and pages that carries a cross-site POST back as a GET.
const ParamPosted = "posted"

// maxLocation is how long an address may be, in bytes, before it is carried by a form instead: what
// every browser and proxy on the way takes.
const maxLocation = 7 << 10

// ComeBack answers a POST from another site to the endpoint at address. It carries no cookie of ours
// (SameSite=Lax), so nobody can say who is signed in: the same request comes again as a top-level GET, which
// does, under ParamPosted. No cookie is set here, for the one it would replace may well exist.
func (s *Sealer) ComeBack(w http.ResponseWriter, r *http.Request, respond *web.Responder, endpoint, address string, params oauth.Params) {
	text, err := s.SealPosted(endpoint, params.Values())
	if err != nil {
		respond.RefusePage(w, r, endpoint, err)
		return
	}
	location := address + "?" + ParamPosted + "=" + url.QueryEscape(text)
	if len(location) <= maxLocation {
		respond.SeeOther(w, r, location)
		return
	}
	respond.Page(w, r, http.StatusOK, "continue", web.ContinueView{
		Action: address, Fields: []web.Field{{Name: ParamPosted, Value: text}},
	}, web.PageOptions{Endpoint: endpoint})
}

// CameBack gives the parameters that ComeBack sealed for the endpoint; invalid_request for what was altered
// or is too old.
func (s *Sealer) CameBack(endpoint, sealed string, repeatable ...string) (oauth.Params, error) {
	form, err := s.OpenPosted(endpoint, sealed)
	if err != nil {
		return oauth.Params{}, oauth.InvalidRequest("the request is too old or was changed", err)
	}
	return oauth.NewParams(form, repeatable...)
}
