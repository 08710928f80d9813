package frontchannel

import (
	"context"
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	// mostFrames bounds what one page loads: each frame is a page of somebody's.
	mostFrames = 50
	// mostMembers bounds what is read for it: nobody uses more applications within one session.
	mostMembers = 500
)

// frames are the addresses to load when the session of that ID has ended, one for each client that joined it and has
// such an address, up to 50. The error is the store's.
func (p *Page) frames(ctx context.Context, sessionID string) ([]string, error) {
	members, _, err := p.Sessions.Members(ctx, session.Ended{SessionID: sessionID}, mostMembers)
	if err != nil {
		return nil, err
	}
	var frames []string
	for _, member := range members {
		c, err := p.Clients.Get(ctx, member.ClientID)
		if errors.Is(err, client.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.framable(c) {
			frames = append(frames, p.frame(c, member))
		}
		if len(frames) == mostFrames {
			break
		}
	}
	return frames, nil
}

// framable reports whether the client has an address that may be loaded. What was stored under older rules is held
// against those of today. A page of our own origin would not be kept in by its sandbox, which lets it be of its
// origin: it could reach out of its frame.
func (p *Page) framable(c *client.Client) bool {
	uri := c.FrontchannelLogoutURI
	return uri != "" && !c.Disabled && c.CheckFrontchannelLogoutURI() == nil && web.Origin(uri) != p.origin
}

// frame is the client's address with what it may want to know (section 2): both or neither, and always both here. The
// query that the address has is kept.
func (p *Page) frame(c *client.Client, member session.Member) string {
	return web.Location(c.FrontchannelLogoutURI, oauth.ResponseModeQuery, []web.Field{
		{Name: "iss", Value: p.Issuer}, {Name: "sid", Value: member.SID},
	})
}
