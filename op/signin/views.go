package signin

import "github.com/seed-5b16f944/gatehouse/op/user"

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
	Account, DisplayName, SwitchURL string
}

// displayName is how the person is addressed: by the claim `name`, else by the username.
func displayName(u *user.User) string {
	if name, _ := u.Claims["name"].(string); name != "" {
		return name
	}
	return u.Name
}
