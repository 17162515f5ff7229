package flow

// Label is what the owner of a Table knows of a flow's name: 16 bytes without
// pointers beside each flow, which the table clears for a new one and else leaves
// alone. The numbers are the owner's.
type Label struct {
	Host     uint32 // handle of the name that the client asked for
	Detail   uint32 // handle of what else its payload told
	App      uint16
	Protocol uint8
	By       uint8 // how Protocol is known
	AppBy    uint8 // how App is known
	HostBy   uint8 // where Host comes from
	Marks    uint8
	Tries    uint8
}

// Label returns the label of a flow of the table. It is valid as long as f.
func (t *Table) Label(f *Flow) *Label { return &t.labels[t.slotOf(f)] }

// Slot returns the slot of a flow of the table, which is its own until it ends.
func (t *Table) Slot(f *Flow) uint32 { return t.slotOf(f) }

// Labels calls yield for each flow and its label until it returns false, in no
// particular order: also for the flows that All leaves out, because their labels
// hold things, too.
func (t *Table) Labels(yield func(f *Flow, l *Label) bool) {
	for i := uint32(1); i <= t.used; i++ {
		if f := &t.slots[i]; f.flags&opened != 0 && !yield(f, &t.labels[i]) {
			return
		}
	}
}
