// Package granttest builds the rooms a Grants needs for tests: a store that can be told to fail, a clock
// that can be moved, signing keys, clients, users, sessions, consents and resources. A World is what
// outlives a configuration and a View is one configuration of it, so that a test can change who exists
// and keep what was issued. A Browser is somebody who comes to it.
package granttest
