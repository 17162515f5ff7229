package engine

import (
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/names"
)

// A flow's detail is one text of the pool: fields one after the other, each a tag,
// a length and its bytes.
const (
	tagALPN uint8 = iota + 1
	tagVersion
	tagJA4
	tagMethod
	tagURL
	tagUserAgent
	tagServer
	tagContentType
	tagSubject
	tagCode
	numTags
)

// fieldBytes is how long each field may be, so that all of them fit into a text.
var fieldBytes = [numTags]int{
	tagALPN: 12, tagVersion: 20, tagJA4: 36, tagMethod: 10, tagURL: 56, tagUserAgent: 36, tagServer: 20,
	tagContentType: 20, tagSubject: 20, tagCode: 2,
}

// detail is a text taken apart: where each field is in it.
type detail struct {
	fields [numTags][]byte
	room   []byte // of fields on their way into the pool
	out    []byte
}

// read takes text apart.
func (d *detail) read(text []byte) {
	d.fields = [numTags][]byte{}
	for len(text) >= 2 && int(text[1]) <= len(text)-2 {
		if tag := text[0]; tag < numTags {
			d.fields[tag] = text[2 : 2+text[1]]
		}
		text = text[2+text[1]:]
	}
}

// set puts a value in the place of a field, if there is one.
func (d *detail) set(tag uint8, value []byte) bool {
	if len(value) == 0 {
		return false
	}
	d.fields[tag] = value[:min(len(value), fieldBytes[tag])]
	return true
}

// text puts the fields together, as many as fit.
func (d *detail) text() []byte {
	d.out = d.out[:0]
	for tag, v := range d.fields {
		if len(v) > 0 && len(d.out)+2+len(v) <= names.MaxText {
			d.out = append(append(d.out, uint8(tag), uint8(len(v))), v...)
		}
	}
	return d.out
}

// hasDetail reports whether addDetail has something to add: most payloads of a flow
// that is known tell nothing.
func hasDetail(f *dpi.Facts) bool {
	return f.Code != 0 || f.JA4.Set() ||
		len(f.ALPN)|len(f.Version)|len(f.Method)|len(f.ContentType)|len(f.URL)|len(f.UserAgent)|len(f.Server)|len(f.Subject) != 0
}

// addDetail adds what the payload told to what is known of a flow.
func (e *Engine) addDetail(l *flow.Label, facts *dpi.Facts, private bool) {
	n := &e.naming
	d := &n.detail
	d.read(n.text(l.Detail))
	d.room = d.room[:0]
	changed := false
	for _, f := range [...]struct {
		tag   uint8
		value []byte
	}{
		{tagALPN, facts.ALPN}, {tagVersion, facts.Version}, {tagMethod, facts.Method}, {tagContentType, facts.ContentType},
		{tagURL, facts.URL}, {tagUserAgent, facts.UserAgent}, {tagServer, facts.Server}, {tagSubject, facts.Subject},
	} {
		if len(f.value) == 0 {
			continue
		}
		at := len(d.room)
		d.room = n.private.AppendDetail(d.room, f.value, private)
		changed = d.set(f.tag, d.room[at:]) || changed
	}
	if facts.JA4.Set() && !private && n.private.Level == names.KeepNames {
		changed = d.set(tagJA4, facts.JA4[:]) || changed
	}
	if facts.Code != 0 {
		at := len(d.room)
		d.room = append(d.room, byte(facts.Code>>8), byte(facts.Code))
		changed = d.set(tagCode, d.room[at:]) || changed
	}
	if !changed {
		return
	}
	h := n.names.Pool.Put(d.text())
	if h == 0 {
		return
	}
	n.names.Pool.Release(l.Detail)
	l.Detail = h
}

// detailOf copies out what is known of a flow.
func (e *Engine) detailOf(l *flow.Label) *Detail {
	if l.Detail == 0 {
		return nil
	}
	d := &e.naming.detail
	d.read(e.naming.text(l.Detail))
	row := &Detail{
		ALPN: string(d.fields[tagALPN]), Version: string(d.fields[tagVersion]), JA4: string(d.fields[tagJA4]),
		Method: string(d.fields[tagMethod]), URL: string(d.fields[tagURL]), UserAgent: string(d.fields[tagUserAgent]),
		Server: string(d.fields[tagServer]), ContentType: string(d.fields[tagContentType]), Subject: string(d.fields[tagSubject]),
	}
	if c := d.fields[tagCode]; len(c) == 2 {
		row.Code = uint16(c[0])<<8 | uint16(c[1])
	}
	return row
}
