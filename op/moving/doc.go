// Package moving carries what a provider remembers from one store to another: into a backup, and through a file
// from any backend to any other.
//
// A one-time thing works once in one store. Two stores that began as one are the danger: what was spent in the
// first after they parted would work again in the second, and what was ended there would live again. So there
// are two ways. A move ends the first store for good, and the second goes on with everything. A copy leaves
// the first one running, and holds only what lasts (Lasting): nobody is signed in to it, and no grant, code or
// token is known there. What a store cannot forget because it never had it, such as pages that are open in
// browsers and proofs that clients made, is refused by the time at which the copy was first opened, which Admit
// gives.
//
// A mark in the store says how far it is: being filled, moved away, copied, or opened after that.
package moving
