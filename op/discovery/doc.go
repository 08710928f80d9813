// Package discovery tells clients where everything is and what is served: the metadata document of
// OIDC Discovery and RFC 8414, which is one and the same here, the JWKS, and WebFinger, which leads from
// what a person types to the issuer.
//
// New writes the document once; serving it is a header and a copy. Paths lists where it is looked for.
// Only what is implemented is in it, and each member is set on purpose: an absent one has a default,
// and some defaults promise things (request_uri_parameter_supported). NewWebFinger makes an
// endpoint of its own, because it may answer on other hosts than the issuer's; so do the documents of
// NewProtectedResources, on the hosts of the resources they speak of (RFC 9728).
package discovery
