package usage

import (
	"encoding/binary"
	"strings"
	"time"
)

// Row is a piece of a Ledger as it outlives the process.
type Row struct {
	Key   string
	Value []byte // nil: the row is to be deleted
}

// The keys of rows are one of these and a name. A value is a version byte and
// numbers of 8 bytes, big endian: of a base tx, rx and epoch; of a quota flags,
// began, and for each page from, to, used, free, warned. Times are Unix seconds.
const (
	quotaPrefix = "quota/"
	basePrefix  = "base/"
	rowVersion  = 1
	pageWords   = 5

	flagPrior = 1 << 0
	flagBegan = 1 << 1
)

func quotaKey(name string) string { return quotaPrefix + name }
func baseKey(scope string) string { return basePrefix + scope }

// Rows returns those to delete since the last call, and after them all that a
// Ledger has to remember, two rows a quota at most.
func (l *Ledger) Rows() []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := make([]Row, 0, len(l.accounts)+len(l.bases)+len(l.gone))
	for _, key := range l.gone {
		rows = append(rows, Row{Key: key})
	}
	l.gone = nil
	for i := range l.accounts {
		a := &l.accounts[i]
		rows = append(rows, Row{quotaKey(a.quota.Name), a.encode()})
	}
	for scope, b := range l.bases {
		rows = append(rows, Row{baseKey(scope), pack(b.tx, b.rx, b.epoch)})
	}
	return rows
}

// Load takes the rows of an earlier run, after Configure and before the first
// Feed. What that run counted stands where it is, whatever clock it had. Rows of
// quotas that are gone are deleted by the next Rows; those that are damaged are
// written anew and counted.
func (l *Ledger) Load(rows []Row) (damaged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range rows {
		known, ok := l.load(r)
		if !ok {
			damaged++
		}
		if !known {
			l.gone = append(l.gone, r.Key)
		}
	}
	return damaged
}

// load takes one row: known if something is interested in it, and ok unless it is
// damaged.
func (l *Ledger) load(r Row) (known, ok bool) {
	if name, is := strings.CutPrefix(r.Key, quotaPrefix); is {
		a := accountOf(l.accounts, name)
		return a != nil, a == nil || a.decode(r.Value, l.location())
	}
	scope, is := strings.CutPrefix(r.Key, basePrefix)
	if !is || !l.wants(scope) {
		return false, is
	}
	v, ok := unpack(r.Value)
	if !ok || len(v) != 3 {
		return true, false
	}
	if l.bases == nil {
		l.bases = make(map[string]base)
	}
	l.bases[scope] = base{v[0], v[1], v[2]}
	return true, true
}

func (a *account) encode() []byte {
	var flags, began uint64
	if a.prior {
		flags |= flagPrior
	}
	if !a.began.IsZero() {
		flags |= flagBegan
		began = uint64(a.began.Unix())
	}
	v := append(make([]uint64, 0, 2+maxPages*pageWords), flags, began)
	for i := range a.pages {
		p := &a.pages[i]
		v = append(v, uint64(p.from.Unix()), uint64(p.to.Unix()), p.used, p.free, uint64(p.warned))
	}
	return pack(v...)
}

// decode takes what encode wrote, and changes nothing if it is damaged.
func (a *account) decode(value []byte, zone *time.Location) bool {
	v, ok := unpack(value)
	if !ok || len(v) < 2 || (len(v)-2)%pageWords != 0 || len(v) > 2+maxPages*pageWords || !sane(v[1]) {
		return false
	}
	at := func(seconds uint64) time.Time { return time.Unix(int64(seconds), 0).In(zone) }
	var pages []page
	for w := v[2:]; len(w) > 0; w = w[pageWords:] {
		if !sane(w[0]) || !sane(w[1]) || w[0] >= w[1] || w[4] > 100 {
			return false
		}
		pages = append(pages, page{from: at(w[0]), to: at(w[1]), used: w[2], free: w[3], warned: int(w[4])})
	}
	a.pages, a.prior, a.began, a.loose = pages, v[0]&flagPrior != 0, time.Time{}, false
	if v[0]&flagBegan != 0 {
		a.began = at(v[1])
	}
	a.rezone(&a.quota, zone) // it may be another one than at that time
	a.rewarn()               // and the quota may be higher
	return true
}

// sane reports whether Unix seconds are a time that a clock can have been
// trusted at.
func sane(seconds uint64) bool { return seconds < 1<<34 }

func pack(v ...uint64) []byte {
	b := append(make([]byte, 0, 1+8*len(v)), rowVersion)
	for _, n := range v {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

// unpack takes apart what pack wrote.
func unpack(b []byte) ([]uint64, bool) {
	const most = 1 + 8*(2+maxPages*pageWords)
	if len(b) == 0 || len(b) > most || b[0] != rowVersion || (len(b)-1)%8 != 0 {
		return nil, false
	}
	v := make([]uint64, 0, len(b)/8)
	for b = b[1:]; len(b) > 0; b = b[8:] {
		v = append(v, binary.BigEndian.Uint64(b))
	}
	return v, true
}
