package store

// Watcher is a store that hears of changes by other nodes over a connection that can be lost.
type Watcher interface {
	// Watching reports whether it hears of them now: a Watch is open, and nothing has been missed since it said so.
	Watching() bool
}

// Watching reports whether s hears of changes by other nodes. One that is no Watcher has no other nodes, and nothing
// to miss. What wraps a store is looked through by its method Unwrap.
func Watching(s Store) bool {
	for s != nil {
		if w, ok := s.(Watcher); ok {
			return w.Watching()
		}
		wrapping, ok := s.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		s = wrapping.Unwrap()
	}
	return true
}
