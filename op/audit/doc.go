// Package audit has what operators want to be told of: who signed in, what was allowed and issued, refused and ended,
// and what became of clients and keys.
//
// An endpoint tells its Trail once, where the thing has happened, and after the commit that made it so. What is told
// has a name and fields of a closed list. None is a secret, and none is what somebody typed or sent, unless it was
// looked up and found: a password that was typed as a name is in no log.
package audit
