// Package store is the contract between the provider and whatever remembers things for it.
//
// A record has a kind, a key, a version, an expiry and four columns that say what it hangs from; the rest is
// a JSON body that only the owning room understands. Rooms read with Get and List and write with Commit,
// which is the only write there is: a list of changes that happen together or not at all, each under the
// version its author saw. A one-time thing is therefore spent by the one commit that still finds it unspent,
// however many try. A record past its expiry is absent to everybody, whether or not Sweep has removed it yet.
//
// Backends live in the folders below (memory, sqlite, postgres) and all pass storetest.Run, which is this contract in
// code. Generations and Track serve readers that remember what they read: they learn, for one atomic load,
// that a record may have changed since, or that nobody would tell them.
package store
