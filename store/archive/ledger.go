package archive

import "encoding/binary"

// ledger counts the bytes that were written, by days of UTC. It is kept in the
// archive itself, so that a restart does not forget today's.
type ledger struct {
	day   int64    // number of the day of days[0], 0 before the first write
	days  [8]int64 // bytes, today's first
	known int      // days since the first write, at most those before today
	total int64    // bytes ever
	id    int64    // of the archive, made up at the first write
}

// at moves to the day of now. When the clock steps back by up to a day, the day
// goes on; when by more, it was wrong, and counting by days begins anew.
func (l *ledger) at(now int64) {
	today := max(now/day, 0)
	if l.day == 0 || today < l.day-1 {
		l.day, l.days, l.known = today, [8]int64{}, 0
	}
	for ; l.day < today; l.day++ {
		if today-l.day > int64(len(l.days)) {
			l.days, l.known = [8]int64{}, len(l.days)-1
			l.day = today
			return
		}
		copy(l.days[1:], l.days[:])
		l.days[0] = 0
		l.known = min(l.known+1, len(l.days)-1)
	}
}

func (l *ledger) add(n int64) {
	l.days[0] += n
	l.total += n
}

// perYear projects from the last whole days, or today's alone where there are
// none.
func (l *ledger) perYear() int64 {
	if l.known == 0 {
		return l.days[0] * 365
	}
	sum := int64(0)
	for _, n := range l.days[1 : l.known+1] {
		sum += n
	}
	return sum * 365 / int64(l.known)
}

// record is the ledger as it is stored.
func (l *ledger) record() *Record {
	data := binary.AppendVarint(nil, l.id)
	data = binary.AppendVarint(data, l.total)
	data = binary.AppendVarint(data, int64(l.known))
	for _, n := range l.days {
		data = binary.AppendVarint(data, n)
	}
	return &Record{Kind: kindLedger, Step: l.day, Data: data}
}

// load reads a stored ledger; one that makes no sense is left out.
func (l *ledger) load(r *Record) {
	n := ledger{day: r.Step}
	values := make([]int64, 0, 3+len(n.days))
	for b := r.Data; len(b) > 0; {
		v, size := binary.Varint(b)
		if size <= 0 || v < 0 {
			return
		}
		values, b = append(values, v), b[size:]
	}
	if len(values) < 3+len(n.days) || n.day < 0 || values[2] >= int64(len(n.days)) {
		return
	}
	n.id, n.total, n.known = values[0], values[1], int(values[2])
	copy(n.days[:], values[3:])
	*l = n
}
