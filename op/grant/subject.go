package grant

import (
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// SubjectOf is the person's sub as a client sees it (OIDC Core section 8). What is granted keeps it, so that every
// token, userinfo and introspection say the same of one grant. mac is keys.Secrets.MAC.
func SubjectOf(users *user.Directory, u *user.User, c *client.Client, mac func(purpose string, parts ...string) string) (string, error) {
	if !c.Pairwise() {
		return users.Subject(u, mac), nil
	}
	sector, err := c.Sector()
	if err != nil { // of a client that was stored under other rules
		return "", fmt.Errorf("client %s: sector_identifier_uri: %w", c.ID, err)
	}
	return users.PairwiseSubject(u, sector, mac), nil
}
