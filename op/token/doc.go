// Package token is the token endpoint (RFC 6749 section 3.2, OIDC Core section 3.1.3).
//
// A request first goes through the phases that all grant types share: method, content type, size,
// repeated parameters, client authentication, and whether this client may use this grant type. None of
// them can be forgotten by a grant type, which is a value with a name and a handle and sees only what is
// left: an authenticated client and parameters that appear once. There is one file for each. The handle
// gives one answer or one error; the answer is written only after everything it stands for is committed. The ID
// token that goes with it is made before that: the keys of the client that it may be encrypted for can be out of
// reach, and then nothing is spent.
package token
