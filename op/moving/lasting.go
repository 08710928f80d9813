package moving

import "github.com/seed-5b16f944/gatehouse/op/store"

// lasting are the kinds that a copy holds. Not one of them is used up or ended by what people and clients do every
// day. Consents are not among them: one that was withdrawn since would let its client in again without a question.
var lasting = map[store.Kind]bool{
	store.Accounts: true,
	store.Clients:  true,
	store.Keys:     true,
	store.Secrets:  true,
}

// Lasting lists the kinds that a copy holds, in the order of store.Kinds. A kind that nobody has thought about is
// not among them.
func Lasting() []store.Kind {
	var kinds []store.Kind
	for _, k := range store.Kinds {
		if lasting[k] {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
