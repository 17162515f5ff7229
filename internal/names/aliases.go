package names

// Sizes of the table of aliases: an alias may be in one of ways places.
const aliasSets = 128

// aliases remembers for which name a client was led to another one. Some
// resolvers of hosts, Apple's for one, follow a chain of CNAMEs in queries of
// their own, and ask anew only for that part of it whose TTL is over: the address
// then comes with the answer for the name of a content network that no program
// asked for.
type aliases struct {
	pool  *Pool
	slots []alias // nil until there is one
	swept int
}

// alias is one target of one client, by a hash of both, 16 bytes.
type alias struct {
	hash  uint64 // 0 for an unused slot
	name  uint32 // what the client asked for, with a reference
	until uint32 // seconds
}

func (a *aliases) set(hash uint64) []alias {
	i := hash >> 32 % aliasSets * ways
	return a.slots[i : i+ways : i+ways]
}

// add remembers a target. What is over first makes room.
func (a *aliases) add(hash uint64, name, ttl uint32, now int64) {
	if name == 0 {
		return
	}
	if a.slots == nil {
		a.slots = make([]alias, aliasSets*ways)
	}
	set := a.set(hash)
	to := &set[0]
	for i := range set {
		if set[i].hash == hash {
			to = &set[i]
			break
		}
		if set[i].until < to.until {
			to = &set[i]
		}
	}
	a.pool.Hold(name)
	a.pool.Release(to.name)
	*to = alias{hash: hash, name: name, until: seconds(now) + min(max(ttl, leastLife), mostLife)}
}

// find returns the name that led to a target, 0 for none.
func (a *aliases) find(hash uint64, now int64) uint32 {
	if a.slots == nil {
		return 0
	}
	set := a.set(hash)
	for i := range set {
		if set[i].hash == hash && seconds(now) < set[i].until {
			return set[i].name
		}
	}
	return 0
}

// sweep looks at a part of the aliases and drops those whose time is over.
func (a *aliases) sweep(now int64) {
	for range len(a.slots) / 64 {
		a.swept = (a.swept + 1) % len(a.slots)
		if s := &a.slots[a.swept]; s.until <= seconds(now) {
			a.pool.Release(s.name)
			*s = alias{}
		}
	}
}

// forget drops all of them.
func (a *aliases) forget() {
	for i := range a.slots {
		a.pool.Release(a.slots[i].name)
		a.slots[i] = alias{}
	}
}
