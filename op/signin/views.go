package signin

import "github.com/seed-5b16f944/gatehouse/op/client"

// clientView is what a page says of the client it is shown for; ClientName is "" for none.
type clientView struct {
	ClientName, LogoURI, PolicyURI, TOSURI, RedirectHost string
	ClientHost                                           string
	Unchecked                                            bool
}

func introduced(c client.Introduction) clientView {
	return clientView{
		ClientName: c.Name, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TOSURI: c.TOSURI,
		RedirectHost: c.RedirectHost, ClientHost: c.ClientHost, Unchecked: c.Unchecked,
	}
}

// loginView is what login.html shows; Problem is "", "wrong", "throttled", "busy" or "stale".
type loginView struct {
	clientView

	Action, Interaction, Username, Problem string
	// Minutes is how long to wait, with "throttled".
	Minutes int
}

// selectView is what select.html shows.
type selectView struct {
	clientView

	Action, Interaction, Account, DisplayName string
}

// signedInView is what signed_in.html shows.
type signedInView struct {
	Account, DisplayName, SwitchURL, AccountURL string
}
