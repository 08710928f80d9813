// Package storetest is the contract of op/store in code. Every backend's tests call Run; a backend that
// passes, under the race detector, may serve a provider.
package storetest
