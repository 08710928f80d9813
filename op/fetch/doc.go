// Package fetch reads what clients keep elsewhere: their keys, request objects, lists of redirect URIs; and tells
// them there what they asked to be told. The addresses come from strangers, so one Client goes to them all: over
// https, without following a redirect, within one limit of size and one of time, and only to addresses that the
// public can reach as well or that the operator listed.
package fetch
