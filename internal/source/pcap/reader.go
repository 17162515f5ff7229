package pcap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"weir/internal/packet"
)

const (
	// MaxFrame is the largest captured length of a frame that is accepted, the
	// same as libpcap's.
	MaxFrame = 256 << 10
	// MaxInterfaces bounds what Interfaces returns. The frames of any further
	// interfaces are delivered as those of the last, which is named "other".
	MaxInterfaces = 64
	// maxTime is the latest time a frame can have, that of a 32-bit timestamp:
	// whoever adds a timeout to it stays clear of an overflow.
	maxTime = (1<<32 - 1) * int64(1e9)
)

// Interface is one interface that a capture was made on.
type Interface struct {
	Name    string          // if_name, or "ifN" when the capture does not say; at most 64 printable bytes
	Link    packet.LinkType // of its frames when it was described first
	SnapLen uint32          // most bytes of a frame that were captured, 0 = no limit known
	Skipped uint64          // frames that were passed over because of their link type
}

// Reader reads one capture. It is not safe for concurrent use.
type Reader struct {
	in     window
	bytes  *counter
	format format
	ifaces []Interface
	frames uint64 // delivered
	err    error  // ends the reading; kept until all frames before it are delivered
	one    [1]packet.Raw
}

// format decodes the records of one file format.
type format interface {
	// decode moves whole records from the window to dst, as many as there are and
	// fit, and returns how many. Its error comes after these records.
	decode(w *window, dst []packet.Raw) (int, error)
}

// NewReader reads as much of r as tells its format and returns a Reader of it.
// r may block and need not end. What is not a capture gives ErrNotCapture, a
// classic capture of an unsupported link type a LinkError.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{in: window{buf: make([]byte, windowSize)}}
	if err := rd.Reset(r); err != nil {
		return nil, err
	}
	return rd, nil
}

// Reset makes r read another capture as if it were new, with the memory it has.
// After an error it must be reset again before it can be used.
func (r *Reader) Reset(src io.Reader) error {
	*r = Reader{
		bytes:  &counter{r: src},
		in:     window{buf: r.in.buf},
		ifaces: r.ifaces[:0],
	}
	r.in.src = r.bytes
	r.err = r.begin()
	return r.err
}

// begin finds out the format.
func (r *Reader) begin() error {
	magic, err := r.magic()
	if err != nil {
		return err
	}
	if magic[0] == 0x1f && magic[1] == 0x8b {
		if magic, err = r.unzip(); err != nil {
			return err
		}
	}
	if order(true).u32(magic) == blockSection {
		r.format = &blocks{rd: r}
		return nil
	}
	d, ok := dialectOf(magic)
	if !ok {
		return notCapture(magic)
	}
	r.format, err = newClassic(r, d)
	return err
}

// magic returns the first four bytes of the input.
func (r *Reader) magic() ([]byte, error) {
	switch err := r.in.need(4); {
	case err == nil:
		return r.in.unread()[:4], nil
	case err == io.EOF && r.in.end == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrNotCapture)
	case err == io.EOF:
		return nil, ErrNotCapture
	default:
		return nil, cause(err)
	}
}

// unzip puts a decompressor before the input and returns the first bytes of
// what it makes. Members that follow each other are read as one.
func (r *Reader) unzip() ([]byte, error) {
	read := bytes.NewReader(bytes.Clone(r.in.unread()))
	z, err := gzip.NewReader(bufio.NewReaderSize(io.MultiReader(read, r.bytes), 64<<10))
	if err != nil {
		return nil, cause(err)
	}
	r.in = window{src: z, buf: r.in.buf}
	return r.magic()
}

// foreign holds the first bytes of what is likely to be offered as a capture.
var foreign = []struct{ magic, what string }{
	{"\x28\xb5\x2f\xfd", "zstd compressed: decompress it first"},
	{"\xfd7zX", "xz compressed: decompress it first"},
	{"BZh", "bzip2 compressed: decompress it first"},
	{"\x04\x22\x4d\x18", "lz4 compressed: decompress it first"},
	{"PK\x03\x04", "a zip archive: unpack it first"},
	{"\x1f\x8b", "gzip compressed twice: decompress it first"},
	{"snoo", "a snoop capture: convert it with editcap"},
	{"\x7fELF", "a program"},
}

func notCapture(magic []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(magic, []byte(f.magic)) {
			return fmt.Errorf("%w: it is %s", ErrNotCapture, f.what)
		}
	}
	return ErrNotCapture
}

// Batch fills dst with frames and returns how many, at least one. It waits for
// the first, but never for more: it returns what is there. Their Data is valid
// until the next call; Iface is an index of Interfaces.
//
// When nothing is left it returns 0 and io.EOF at the end of a record,
// ErrTruncated inside one, a FormatError at the first record that is damaged, a
// LinkError when all frames were of unsupported link types, or the error of the
// underlying reader; from then on it returns the same.
func (r *Reader) Batch(dst []packet.Raw) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	for r.err == nil {
		var n int
		n, r.err = r.format.decode(&r.in, dst)
		r.frames += uint64(n)
		if n > 0 {
			return n, nil
		}
		if r.err == nil {
			r.err = r.more()
		}
	}
	return 0, r.err
}

// Next reads one frame. It costs more than Batch and is otherwise the same.
func (r *Reader) Next(raw *packet.Raw) error {
	_, err := r.Batch(r.one[:])
	if err == nil {
		*raw = r.one[0]
	}
	return err
}

// Interfaces returns the interfaces seen so far, in order of appearance. The
// result is valid until the next call of any method.
func (r *Reader) Interfaces() []Interface { return r.ifaces }

// Offset returns how many bytes of the input were read, compressed as they are.
func (r *Reader) Offset() int64 { return r.bytes.n }

// Skipped returns how many frames were passed over for their link type.
func (r *Reader) Skipped() uint64 {
	var n uint64
	for i := range r.ifaces {
		n += r.ifaces[i].Skipped
	}
	return n
}

// more brings new bytes into the window or says why there are none.
func (r *Reader) more() error {
	err := r.in.fill()
	switch {
	case err == nil:
		return nil
	case err != io.EOF:
		return cause(err)
	case r.in.pos < r.in.end || r.in.skip > 0:
		return ErrTruncated
	case r.frames > 0:
		return io.EOF
	}
	for i := range r.ifaces {
		if r.ifaces[i].Skipped > 0 {
			return &LinkError{r.ifaces[i].Link}
		}
	}
	return io.EOF
}

// cause words the errors of the underlying reader.
func cause(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) { // a gzip member without its end
		return ErrTruncated
	}
	return err
}

// iface returns the index in Interfaces of the interface called name.
func (r *Reader) iface(name string, link packet.LinkType, snapLen uint32) uint8 {
	for i := range r.ifaces {
		if r.ifaces[i].Name == name {
			return uint8(i)
		}
	}
	switch len(r.ifaces) {
	case MaxInterfaces:
		return MaxInterfaces - 1
	case MaxInterfaces - 1:
		name = "other"
	}
	r.ifaces = append(r.ifaces, Interface{Name: name, Link: link, SnapLen: snapLen})
	return uint8(len(r.ifaces) - 1)
}
