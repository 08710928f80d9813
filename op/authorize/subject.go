package authorize

import (
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// subject is the person's sub as this client sees it (OIDC Core section 8). What is granted keeps it, so that every
// token, userinfo and introspection say the same of one grant.
func (e *Endpoint) subject(c *client.Client, u *user.User) (string, error) {
	if !c.Pairwise() {
		return e.Users.Subject(u, e.Secrets.MAC), nil
	}
	sector, err := c.Sector()
	if err != nil { // of a client that was stored under other rules
		return "", fmt.Errorf("client %s: sector_identifier_uri: %w", c.ID, err)
	}
	return e.Users.PairwiseSubject(u, sector, e.Secrets.MAC), nil
}
