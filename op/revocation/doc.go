// Package revocation is the revocation endpoint (RFC 7009).
//
// A client says that it needs one of its tokens no more. A refresh token takes its grant and every token
// of it along, an access token goes alone. The answer is 200 once nothing can use the token, whether or
// not there was one; a client cannot end what is another's.
package revocation
