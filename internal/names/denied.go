package names

// denials is how many names that do not exist are remembered.
const denials = 128

// denied remembers the names that clients asked for in vain (NXDOMAIN), the
// longest unasked makes room.
type denied struct {
	pool *Pool
	rows []denial
}

type denial struct {
	client uint32 // clientKey
	device uint32
	name   uint32
	count  uint32
	last   uint32
}

// Denial is a name that somebody asked for and that does not exist.
type Denial struct {
	Device uint32
	Name   string
	Count  uint32
	Last   int64
}

func (d *denied) note(client, device, name uint32, now int64) {
	if name == 0 {
		return
	}
	oldest := 0
	for i := range d.rows {
		r := &d.rows[i]
		if r.client == client && r.name == name {
			r.count++
			r.last = seconds(now)
			return
		}
		if r.last < d.rows[oldest].last {
			oldest = i
		}
	}
	if len(d.rows) < denials {
		d.rows = append(d.rows, denial{})
		oldest = len(d.rows) - 1
	}
	r := &d.rows[oldest]
	d.pool.Hold(name)
	d.pool.Release(r.name)
	*r = denial{client: client, device: device, name: name, count: 1, last: seconds(now)}
}

// has reports whether the client was told that the name does not exist, and not
// longer ago than the least life of an answer.
func (d *denied) has(clients [2]uint32, name uint32, now int64) bool {
	for i := range d.rows {
		r := &d.rows[i]
		if name != 0 && r.name == name && (r.client == clients[0] || r.client == clients[1]) {
			return int64(seconds(now))-int64(r.last) < leastLife
		}
	}
	return false
}

// forget drops the names of a client, of all when it is 0.
func (d *denied) forget(client uint32) {
	kept := d.rows[:0]
	for _, r := range d.rows {
		if client == 0 || r.client == client {
			d.pool.Release(r.name)
			continue
		}
		kept = append(kept, r)
	}
	d.rows = kept
}
