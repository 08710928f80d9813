// Package interaction keeps a pending authorization request while a person signs in and consents. It is not
// stored: it travels, sealed, in a hidden field or an address, from the first page to the last. So anonymous
// requests leave no trace here, and any node can go on with what another began.
//
// A seal binds a request to the provider that received it and to one browser by a cookie of its own, which
// all tabs of that browser share. A request is answered once: the commit that answers it includes Answered.
package interaction
