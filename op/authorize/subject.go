package authorize

import (
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// subject is the person's sub as this client sees it (OIDC Core section 8).
func (e *Endpoint) subject(c *client.Client, u *user.User) (string, error) {
	return grant.SubjectOf(e.Users, u, c, e.Secrets.MAC)
}
