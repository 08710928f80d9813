// Package discovery looks from outside at what a running provider tells the world of itself, its keys above
// all, and at what its operator does to them.
package discovery
