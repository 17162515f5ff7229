package pcap

import (
	"errors"
	"fmt"

	"weir/internal/packet"
)

var (
	// ErrNotCapture is returned (wrapped) by NewReader for input of another kind.
	ErrNotCapture = errors.New("not a capture file (pcap or pcapng expected)")
	// ErrTruncated is returned by Batch and Next when the input ends in the middle
	// of a record; all records before it have been delivered. NewReader returns it
	// (wrapped) when even the header is incomplete.
	ErrTruncated = errors.New("capture is cut short: it ends in the middle of a record")
)

// LinkError says that a capture holds only frames of a link type that
// packet.Decode does not read. NewReader returns it for classic captures; Batch
// and Next return it at the end of a pcapng capture that delivered nothing.
type LinkError struct {
	Link packet.LinkType
}

func (e *LinkError) Error() string {
	name, number := e.Link.String(), fmt.Sprintf("link type %d", uint16(e.Link))
	if name != number {
		number += " (" + name + ")"
	}
	return number + " is not supported"
}

// A FormatError says that a record contradicts the format. Reading ends there,
// because nothing tells where the next record begins.
type FormatError struct {
	Record uint64 // of the offending record, or block in pcapng, counted from 1
	Detail string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("damaged capture: record %d: %s", e.Record, e.Detail)
}
