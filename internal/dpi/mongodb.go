package dpi

import "encoding/binary"

// mongodb recognises MongoDB's messages (Wire Protocol): a length, two IDs and a
// known operation, in little endian.
var mongodb = Detector{MongoDB, OverTCP, detectMongoDB,
	"a length, two IDs and a known operation"}

func detectMongoDB(s *Segment) Verdict {
	b := s.Payload
	if len(b) < 16 {
		return s.wait()
	}
	size, operation := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[12:])
	if size < 16 || size > 48<<20 || int64(size) < int64(s.fresh) {
		return s.wait()
	}
	switch operation {
	case 1, 2001, 2002, 2004, 2005, 2006, 2007, 2010, 2011, 2012, 2013:
		return s.yesOrWait(operation != 1 || s.OnPort(27017))
	}
	return s.wait()
}
