package signin

// loginView is what login.html shows; Problem is "", "wrong", "throttled", "busy" or "stale".
type loginView struct {
	Action, Interaction, ClientName, Username, Problem string
	// Minutes is how long to wait, with "throttled".
	Minutes int
}

// selectView is what select.html shows.
type selectView struct {
	Action, Interaction, ClientName, Account, DisplayName string
}

// signedInView is what signed_in.html shows.
type signedInView struct {
	Account, DisplayName, SwitchURL, AccountURL string
}
