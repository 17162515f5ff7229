package dpi

// Facts is what the payload of a flow tells beside its protocol. Slices point
// into the frame or the Inspector's memory: whoever wants to keep them copies
// them before the next call of Inspect. Text is as it was sent: of any bytes and
// up to the sender's length.
type Facts struct {
	Host        []byte // the name that the client asked for: SNI, HTTP Host, DNS question, …
	ALPN        []byte // first protocol that the client offers, or the one that the server chose
	Version     []byte // of the protocol, in words: "TLSv1.3", "QUICv1", "SSH-2.0-OpenSSH_9.6"
	JA4         JA4    // of a TLS or QUIC ClientHello, zero for none
	ECH         bool   // the ClientHello is encrypted: Host is the outer name
	Subject     []byte // common name of the server's certificate
	Method      []byte // HTTP
	URL         []byte // HTTP request target
	Code        uint16 // HTTP or SIP status, DNS response code + 1; 0 for none yet
	UserAgent   []byte // of a client
	Server      []byte // what a server calls itself: HTTP Server, banner
	ContentType []byte // HTTP

	// Of the device that sent the packet, from protocols that announce.
	DeviceName  []byte // DHCP host name, NetBIOS or mDNS name
	DeviceModel []byte // SSDP, mDNS TXT: what it is
	Vendor      []byte // DHCP vendor class
	Fingerprint []byte // DHCP option 55: the list as it was sent
}

// JA4 is FoxIO's fingerprint of a TLS ClientHello: its text form.
type JA4 [36]byte

// Set reports whether there is one.
func (j *JA4) Set() bool { return j[0] != 0 }
