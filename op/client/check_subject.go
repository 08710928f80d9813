package client

// checkSubject holds that a pairwise client has a sector: found at the first sign-in, it would be a sign-in that
// nobody can finish. sector_identifier_uri is https, since who can change the document can join the sector
// (OIDC Dynamic Client Registration section 5).
func (c *Client) checkSubject(f *faults) {
	f.oneOf("subject_type", c.SubjectType, "", SubjectPublic, SubjectPairwise)
	if c.SectorIdentifierURI != "" {
		f.called("sector_identifier_uri", c.SectorIdentifierURI)
		return // its host is the sector
	}
	if !c.Pairwise() || len(c.RedirectURIs) == 0 {
		return // without redirect URIs nobody signs in
	}
	if _, err := c.Sector(); err != nil {
		f.add("sector_identifier_uri: %w", err)
	}
}
