package archive

import "encoding/binary"

// Bounds of the names in one segment: what a file says takes no more memory.
const (
	maxName      = 255
	maxNames     = 1 << 15
	maxNameBytes = 1 << 20
)

// names are the texts behind a segment's handles, dense from 1 on; "" stands for
// one that is not known.
type names struct {
	list  []string // by handle-1
	bytes int
}

// name returns the text of a handle, false if it is not known.
func (n *names) name(id uint32) (string, bool) {
	if id == 0 || uint64(id) > uint64(len(n.list)) || n.list[id-1] == "" {
		return "", false
	}
	return n.list[id-1], true
}

// put notes the name of a handle, and reports whether there is room for it.
func (n *names) put(id uint64, name string) bool {
	if id == 0 || id > maxNames || n.bytes+len(name) > maxNameBytes {
		return false
	}
	for uint64(len(n.list)) < id {
		n.list = append(n.list, "")
	}
	n.bytes += len(name) - len(n.list[id-1])
	n.list[id-1] = name
	return true
}

// read takes a record of names and reports whether it was sound.
func (n *names) read(r *Record) bool {
	id, b := uint64(max(r.Start, 0)), r.Data
	for len(b) > 0 {
		text, rest, ok := cutBytes(b, maxName)
		if !ok || !n.put(id, string(text)) {
			return false
		}
		id, b = id+1, rest
	}
	return true
}

// appendNames appends a record with the names of the handles from first on, as
// many as go into a chunk, and returns the next one's.
func (n *names) appendNames(dst []byte, first uint32) ([]byte, uint32) {
	var data []byte
	id := first
	for ; int(id) <= len(n.list) && len(data) < target-2*maxName; id++ {
		name := n.list[id-1]
		data = binary.AppendUvarint(data, uint64(len(name)))
		data = append(data, name...)
	}
	return appendRecord(dst, &Record{Kind: kindNames, Start: int64(first), Data: data}), id
}
