package account

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// remark is what the page says beside its lists.
type remark struct {
	// Done is what was done on the page before, the zero act for nothing.
	Done act
	// Stale says that nothing was done, because the form was not of this page.
	Stale bool
	// Err is what the log is told.
	Err error
}

// show writes the account page.
func (e *Endpoint) show(w http.ResponseWriter, r *http.Request, status int, who *signin.Person, say remark) {
	view, err := e.view(r, who)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	if view.Interaction, err = e.sealPage(w, r, who.Session.ID); err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	view.Done, view.Stale = say.Done.Act, say.Stale
	if say.Done.Act == actWithdraw {
		if view.DoneName, err = e.clientName(r.Context(), say.Done.Value); err != nil {
			e.Respond.RefusePage(w, r, endpoint, err)
			return
		}
	}
	e.Respond.Page(w, r, status, "account", view, web.PageOptions{Endpoint: endpoint, Err: say.Err})
}

// view is the whole page but its seal.
func (e *Endpoint) view(r *http.Request, who *signin.Person) (*pageView, error) {
	email, _ := who.User.Claims["email"].(string)
	view := &pageView{Action: e.url(), Account: who.User.Name, DisplayName: who.User.DisplayName(), Email: email, EndOffline: e.EndOffline}
	var err error
	if view.Applications, view.MoreApplications, err = e.applications(r.Context(), who.User); err != nil {
		return nil, err
	}
	view.Sessions, view.MoreSessions, err = e.sessions(r.Context(), who)
	return view, err
}
