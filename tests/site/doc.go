// Package site tests guarded web sites from outside: people who come with a browser, on the issuer's host and on
// others.
package site
