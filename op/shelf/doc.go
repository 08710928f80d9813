// Package shelf remembers documents that other parties keep at an address, such as key sets and metadata, for as
// long as the answers allow and within bounds of our own. One address is asked once at a time and not often, since
// it is strangers who make us ask.
package shelf
