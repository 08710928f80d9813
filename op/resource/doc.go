// Package resource knows what tokens are for: the protected resources, the scopes each of them owns,
// and who may ask for a token for them (RFC 8707, RFC 9068).
//
// A Set is made once for each configuration, from the resources the operator declared and those the
// guards registered. The endpoints hand it the resource and scope parameters and get back the audience
// and the scopes a token may have; the consent page asks it for the words that describe a scope.
package resource
