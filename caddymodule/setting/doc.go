// Package setting has what the configurations of a provider and of a guard have in common: secrets, and where the
// house may go to read what others keep.
package setting
