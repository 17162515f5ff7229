package dpi

import "bytes"

// spotifyConnect recognises how Spotify's clients look for each other in the house:
// a broadcast that begins with its name.
var spotifyConnect = Detector{SpotifyConnect, OverUDP, detectSpotifyConnect,
	"a broadcast that begins with its name"}

func detectSpotifyConnect(s *Segment) Verdict {
	return verdictIf(bytes.HasPrefix(s.Payload, []byte("SpotUdp0")))
}
