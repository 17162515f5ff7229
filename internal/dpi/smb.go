package dpi

// smb recognises SMB 1 (MS-CIFS section 2.2.3.1), 2 and 3 (MS-SMB2 section 2.2.1),
// also encrypted and compressed, by the magic behind the length that precedes each
// message over TCP.
var smb = Detector{SMB, OverTCP, detectSMB,
	"the magic of SMB 1, 2 or 3 behind a length"}

func detectSMB(s *Segment) Verdict { return s.yesOrWait(isSMB(s.Payload)) }

// isSMB reports whether a segment begins with a message of SMB.
func isSMB(b []byte) bool {
	if len(b) < 8 || b[0] != 0 || string(b[5:8]) != "SMB" {
		return false
	}
	return b[4] >= 0xfc // 0xff version 1, 0xfe 2 and 3, 0xfd encrypted, 0xfc compressed
}
