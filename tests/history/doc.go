// Package history checks what clients saw of one grant, at several nodes at once, against what one node that does one thing
// after the other could have told them (linearizability: Herlihy and Wing, "Linearizability: a correctness condition for
// concurrent objects", 1990). Porcupine searches for the order.
//
// Whatever was answered from the store has to fit strictly: there is one order of all of it, in which each answer lies
// between its request and its arrival. A node may say yes to a token from memory for a second after another node has
// ended it (Stale), and not at all after it has itself said that it is over.
package history
