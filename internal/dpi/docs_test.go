package dpi

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/protocols.md anew")

// TestDocs writes the page on protocols from the detectors and the table of ports.
func TestDocs(t *testing.T) {
	file := filepath.FromSlash("../../docs/protocols.md")
	want := page()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/protocols.md is not what the detectors say; run: go generate ./internal/dpi")
	}
}

// A detector that does not say what it goes by, or a protocol that nothing
// recognises, would leave the page with a hole.
func TestEveryProtocolIsExplained(t *testing.T) {
	for i := range detectors {
		if d := detectors[i]; d.How == "" || d.Over == 0 {
			t.Errorf("the detector of %q does not say how it recognises it, or over what", d.Protocol)
		}
	}
	known := known()
	byPort := portTexts()
	for p := NoProtocol + 1; int(p) < NumProtocols; p++ {
		if len(known[p]) == 0 && byPort[p] == "" {
			t.Errorf("nothing recognises %v", p)
		}
	}
}

// way is one way of recognising a protocol.
type way struct {
	over Over
	how  string
}

// relatives are what detectors recognise beside their own protocol, and by what.
var relatives = []struct {
	protocol Protocol
	over     Over
	how      string
}{
	{MDNS, OverUDP, "as dns, on port 5353"},
	{LLMNR, OverTCP | OverUDP, "as dns, on port 5355"},
	{DNSCrypt, OverTCP | OverUDP, "a question of DNS for the resolver's certificate"},
	{DoT, OverTCP, "TLS on port 853 or with ALPN `dot`"},
	{DoQ, OverUDP, "QUIC on port 853 or with ALPN `doq`"},
	{DoH, OverTCP | OverUDP, "TLS or QUIC to a resolver that is known by name"},
	{SMTPS, OverTCP, "TLS on port 465"},
	{IMAPS, OverTCP, "TLS on port 993 or with ALPN `imap`"},
	{POP3S, OverTCP, "TLS on port 995 or with ALPN `pop3`"},
	{FTPS, OverTCP, "TLS on ports 989 and 990 or with ALPN `ftp`"},
	{Tor, OverTCP, "TLS whose names are made up as its relays make them up"},
	{HTTPProxy, OverTCP, "HTTP whose request names a whole URL"},
	{HTTPConnect, OverTCP, "HTTP with the method CONNECT"},
	{WebSocket, OverTCP, "HTTP that is upgraded to it"},
	{WebDAV, OverTCP, "HTTP with methods of its own"},
	{SOAP, OverTCP, "HTTP with its header or content type"},
	{JSONRPC, OverTCP, "HTTP with its content type"},
	{HLS, OverTCP, "HTTP with a playlist's name or content type"},
	{DASH, OverTCP, "HTTP with a manifest's name or content type"},
	{OCSP, OverTCP, "HTTP with its content type"},
	{IPP, OverTCP, "HTTP with its content type"},
	{Icecast, OverTCP, "HTTP with its headers, or an answer ICY"},
	{AirPlay, OverTCP, "RTSP or HTTP as Apple's software speaks it"},
	{SRTP, OverUDP, "RTP on the path that STUN found"},
	{RTCP, OverTCP | OverUDP, "a compound packet that fills the datagram, or of the source of media"},
}

// known lists how content tells each protocol.
func known() map[Protocol][]way {
	m := make(map[Protocol][]way)
	for i := range detectors {
		if d := detectors[i]; d.Protocol != NoProtocol {
			m[d.Protocol] = append(m[d.Protocol], way{d.Over, d.How})
		}
	}
	for _, r := range relatives {
		m[r.protocol] = append(m[r.protocol], way{r.over, r.how})
	}
	for p, w := range begins() {
		m[p] = append(m[p], w)
	}
	return m
}

// begins is what magics say.
func begins() map[Protocol]way {
	m := make(map[Protocol]way)
	for _, b := range magics {
		w, text := m[b.protocol], "`"+strings.Trim(fmt.Sprintf("%q", b.begins), `"`)+"`"
		if w.how == "" {
			w.how = "it begins with " + text
		} else if !strings.Contains(w.how, text) {
			w.how += ", " + text
		}
		w.over |= b.over
		m[b.protocol] = w
	}
	return m
}

// portTexts is the table of ports in words, by protocol.
func portTexts() map[Protocol]string {
	numbers := make(map[Protocol]map[uint8][]string)
	for _, e := range ports {
		if numbers[e.protocol] == nil {
			numbers[e.protocol] = make(map[uint8][]string)
		}
		for _, p := range e.ports {
			numbers[e.protocol][e.proto] = append(numbers[e.protocol][e.proto], fmt.Sprint(p))
		}
	}
	texts := make(map[Protocol]string)
	for protocol, of := range numbers {
		var all []string
		for _, proto := range slices.Sorted(maps.Keys(of)) {
			switch proto {
			case both:
				all = append(all, "tcp, udp "+strings.Join(of[proto], " "))
			case tcp, udp:
				all = append(all, map[uint8]string{tcp: "tcp ", udp: "udp "}[proto]+strings.Join(of[proto], " "))
			default:
				all = append(all, fmt.Sprintf("IP protocol %d", proto))
			}
		}
		texts[protocol] = strings.Join(all, "; ")
	}
	return texts
}

func (o Over) text() string {
	return map[Over]string{OverTCP: "tcp", OverUDP: "udp", OverTCP | OverUDP: "tcp, udp"}[o]
}

// page writes the whole page.
func page() string {
	known, byPort := known(), portTexts()
	var names []Protocol
	alone, content := 0, 0
	for p := NoProtocol + 1; int(p) < NumProtocols; p++ {
		names = append(names, p)
		switch {
		case len(known[p]) > 0:
			content++
		case !strings.HasPrefix(byPort[p], "IP protocol"):
			alone++
		}
	}
	slices.SortFunc(names, func(a, b Protocol) int { return cmp.Compare(a.String(), b.String()) })
	var b strings.Builder
	fmt.Fprintf(&b, docsIntro, len(names), content, len(names)-content-alone, alone, maxPackets, maxBytes>>10)
	b.WriteString("\n| protocol | over | recognised by | port, the last hint |\n|---|---|---|---|\n")
	for _, p := range names {
		var over Over
		var hows []string
		for _, w := range known[p] {
			over |= w.over
			hows = append(hows, strings.ReplaceAll(w.how, "|", `\|`))
		}
		how, where, port := strings.Join(hows, "; "), over.text(), byPort[p]
		if how == "" && strings.HasPrefix(port, "IP protocol") {
			how, where, port = port, "ip", ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p, where, how, port)
	}
	return b.String()
}

const docsIntro = `# Protocols

<!-- Made from internal/dpi by: go generate ./internal/dpi -->

weir knows %d protocols: %d by what is said in them, %d by the number in the IP header, %d by their port alone. A flow
says how its protocol is known, in the field ` + "`by`" + `:

| by | |
|---|---|
| ` + "`content`" + ` | the payload proves it, or the IP header says so |
| ` + "`guess`" + ` | the payload has its shape, and nothing else fits |
| ` + "`port`" + ` | the last hint: a port of the flow is one that the protocol's servers use. It proves nothing |

At most the first %d payloads of a flow are looked at, %d KiB of both directions together, then never again. Segments that
come out of order and messages over several segments are put together in a room of fixed size. Where a protocol needs a port
*as well as* its content, because its messages are too short to prove anything, the table says "on port".
What runs inside of TLS and QUIC is seen by the name that the client asks for: that gives the
[application](applications.md), not the protocol.
`
