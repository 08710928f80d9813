// Package nodes runs two Caddys on one PostgreSQL: what one of them gives out the other takes, what one ends is over at
// the other, and nothing works twice.
package nodes
