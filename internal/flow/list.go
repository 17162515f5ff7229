package flow

// list is a doubly linked list of slots, least recently used first.
type list struct{ head, tail uint32 }

func (t *Table) pushBack(l *list, i uint32) {
	f := &t.slots[i]
	f.prev, f.next = l.tail, 0
	if l.tail != 0 {
		t.slots[l.tail].next = i
	} else {
		l.head = i
	}
	l.tail = i
}

func (t *Table) unlink(l *list, i uint32) {
	f := &t.slots[i]
	if f.prev != 0 {
		t.slots[f.prev].next = f.next
	} else {
		l.head = f.next
	}
	if f.next != 0 {
		t.slots[f.next].prev = f.prev
	} else {
		l.tail = f.prev
	}
}

// listOf returns the list that f is in.
func (t *Table) listOf(f *Flow) *list {
	if f.flags&closing != 0 {
		return &t.closing
	}
	return &t.open
}
