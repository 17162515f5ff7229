package dpi

import "bytes"

// mining recognises the talk of miners of currency with their pools: JSON-RPC in
// lines, with the methods of Stratum, of its dialects for CryptoNote and Ethereum,
// and of getwork.
var mining = Detector{Mining, OverTCP, detectMining,
	"JSON-RPC in lines with the methods of Stratum, of its dialects and of getwork"}

// miningScan is how much of the first line is looked at.
const miningScan = 256

var miningMethods = [...]string{`"mining.`, `"eth_submitLogin"`, `"eth_getWork"`, `"eth_submitWork"`, `"getblocktemplate"`, `"keepalived"`}

func detectMining(s *Segment) Verdict {
	p := s.Payload[:min(len(s.Payload), miningScan)]
	if p[0] != '{' {
		return s.wait()
	}
	for _, m := range miningMethods {
		if bytes.Contains(p, []byte(m)) {
			return Yes
		}
	}
	// CryptoNote's has a method of a common name, but always says who and with what.
	return s.yesOrWait(bytes.Contains(p, []byte(`"login"`)) && bytes.Contains(p, []byte(`"params"`)) && bytes.Contains(p, []byte(`"pass"`)))
}
