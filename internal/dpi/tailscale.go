package dpi

import "bytes"

// tailscale recognises Tailscale by the magic of its discovery messages, which
// share the port with its WireGuard and come first (tailscale.com/disco).
var tailscale = Detector{Tailscale, OverUDP, detectTailscale,
	"the magic of its discovery messages"}

const (
	discoHeader = 6 + 32 // magic and the sender's key
	discoNonce  = 24
)

func detectTailscale(s *Segment) Verdict {
	return s.yesOrWait(bytes.HasPrefix(s.Payload, []byte("TS💬")) && s.Len > discoHeader+discoNonce)
}
