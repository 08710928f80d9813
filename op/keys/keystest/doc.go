// Package keystest signs for tests what others sign: clients, and servers elsewhere. It goes by the JOSE library and not
// by op/keys, so that a mistake there does not agree with itself.
package keystest
