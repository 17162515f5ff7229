package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Loss is a stretch of a segment that could not be read.
type Loss struct {
	Band     Band
	Bytes    int64
	From, To int64 // time of what was lost, in seconds; 0 if the header was damaged, too
	Torn     bool  // at the end: not written whole, as after a power cut
	Newer    bool  // written by a newer weir: not damaged

	pos int64
}

// maxLosses bounds what is kept of the losses of one segment.
const maxLosses = 64

// foreignAfter is how much is searched for a first chunk where the magic is
// missing.
const foreignAfter = 1 << 20

// scanner finds the chunks of a segment and steps over what is damaged. Its
// memory is bounded, whatever it reads.
type scanner struct {
	br     *bufio.Reader
	buf    []byte
	pos    int64 // of what br gives next
	good   int64 // end of the last good chunk
	gap    int64 // start of what is not a chunk, -1 if there is none
	magic  bool
	chunks int
	lost   int // number of losses
	losses []Loss
}

func newScanner(r io.Reader) *scanner {
	return &scanner{br: bufio.NewReaderSize(r, 4096), gap: -1}
}

// next returns the next good chunk, its payload valid until the next call. At the
// end it returns io.EOF.
func (s *scanner) next() (header, []byte, error) {
	if err := s.begin(); err != nil {
		return header{}, nil, err
	}
	for {
		b, err := s.br.Peek(headerLen)
		if len(b) < headerLen {
			return header{}, nil, s.end(len(b), err)
		}
		h, ok := parseHeader(b)
		if !ok {
			if err := s.step(b); err != nil {
				return header{}, nil, err
			}
			continue
		}
		s.endGap()
		at := s.pos
		s.discard(headerLen)
		if h.version > version {
			n, _ := s.br.Discard(int(min(int64(h.packed)+trailerLen, 1<<30)))
			s.pos += int64(n)
			s.good = s.pos
			s.lose(Loss{pos: at, Bytes: s.pos - at, From: h.from, To: h.to, Newer: true})
			continue
		}
		payload, err := s.payload(h)
		switch {
		case err == nil:
			s.good = s.pos
			s.chunks++
			return h, payload, nil
		case errors.Is(err, errDamaged):
			s.lose(Loss{pos: at, Bytes: s.pos - at, From: h.from, To: h.to})
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			s.lose(Loss{pos: at, Bytes: s.pos - at, From: h.from, To: h.to})
			s.tear()
			return header{}, nil, io.EOF
		default:
			return header{}, nil, err
		}
	}
}

// begin reads the magic.
func (s *scanner) begin() error {
	if s.pos > 0 || s.gap >= 0 {
		return nil
	}
	b, err := s.br.Peek(len(magic))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.magic = string(b) == magic[:len(b)] // less of it is a torn one
	if s.magic && len(b) == len(magic) {
		s.discard(len(magic))
		s.good = s.pos
	}
	return nil
}

// step goes on to the next byte that may begin a chunk.
func (s *scanner) step(b []byte) error {
	if s.gap < 0 {
		s.gap = s.pos
	}
	n := bytes.IndexByte(b[1:], mark0) + 1
	if n == 0 {
		n = len(b)
	}
	s.discard(n)
	if !s.magic && s.chunks == 0 && s.pos > foreignAfter {
		return ErrForeign
	}
	return nil
}

// end is called where less than a header is left.
func (s *scanner) end(left int, err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if left > 0 && s.gap < 0 {
		s.gap = s.pos
	}
	s.discard(left)
	s.endGap()
	s.tear()
	if !s.magic && s.chunks == 0 && s.pos > 0 {
		return ErrForeign
	}
	return io.EOF
}

// payload reads that of h and checks it.
func (s *scanner) payload(h header) ([]byte, error) {
	n := int(h.packed) + trailerLen
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	b := s.buf[:n]
	read, err := io.ReadFull(s.br, b)
	s.pos += int64(read)
	if err != nil {
		return nil, err
	}
	b, sum := b[:h.packed], binary.BigEndian.Uint32(b[h.packed:])
	if crc32.Checksum(b, castagnoli) != sum {
		return nil, fmt.Errorf("%w: checksum", errDamaged)
	}
	return b, nil
}

func (s *scanner) discard(n int) {
	n, _ = s.br.Discard(n)
	s.pos += int64(n)
}

func (s *scanner) endGap() {
	if s.gap >= 0 {
		s.lose(Loss{pos: s.gap, Bytes: s.pos - s.gap})
		s.gap = -1
	}
}

// tear notes, at the end, that what was lost behind the last good chunk is a tail
// that was not written whole: after a power cut it may be short, torn or zeros.
func (s *scanner) tear() {
	for i := range s.losses {
		s.losses[i].Torn = s.losses[i].pos >= s.good
	}
}

func (s *scanner) lose(l Loss) {
	s.lost++
	if len(s.losses) < maxLosses {
		s.losses = append(s.losses, l)
	}
}

// broken reports whether something before the last good chunk was lost.
func (s *scanner) broken() bool {
	return !s.magic || len(s.losses) > 0 && s.losses[0].pos < s.good
}
