// Package harness runs a real Caddy with Gatehouse in it, as a process of its own on loopback ports
// that were free a moment ago, for the tests that look at it from outside. Nothing here skips: what
// cannot run fails the test and says what is missing.
package harness
