package engine

// Held returns how many texts the engine has references to and how many flows are
// being looked at.
func (e *Engine) Held() (texts, undecided int) {
	return e.naming.names.Pool.Len(), e.naming.inspector.Stats().Undecided
}
