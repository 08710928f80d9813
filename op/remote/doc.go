// Package remote asks an authorization server elsewhere about access tokens (RFC 7662), over TLS, with credentials of
// our own and within limits of time and size. Only an active that is the JSON value true counts; whatever is no answer
// in the words of that specification is an outage and not a no. What was said is remembered for a short time, and
// asking stops for a while when there are no answers.
package remote
