package dpi

// Tags of DER (X.690 section 8.1.2) as certificates use them.
const (
	derBoolean    = 0x01
	derOctets     = 0x04
	derOID        = 0x06
	derSequence   = 0x30
	derSet        = 0x31
	derVersion    = 0xa0 // [0] of a TBSCertificate
	derExtensions = 0xa3 // [3]
	derDNSName    = 0x82 // [2] of a GeneralName
)

// Object identifiers (RFC 5280 appendix A, section 4.2.1.6).
const (
	oidCommonName = "\x55\x04\x03"
	oidAltName    = "\x55\x1d\x11"
)

// maxNames bounds the parts of a name and the extensions that are looked at.
const maxNames = 32

// certificateNames returns the subject's and the issuer's common name of the first
// certificate of a Certificate message (RFC 5246 section 7.4.2), of which the end
// may be missing. A subject without one goes by its first DNS name.
func certificateNames(message cursor) (subject, issuer []byte) {
	list := message.part(message.u24())
	der := list.part(list.u24())
	_, certificate := readDER(&der)
	_, c := readDER(&certificate) // TBSCertificate
	tag, _ := readDER(&c)
	if tag == derVersion {
		readDER(&c) // serial number
	}
	readDER(&c) // signature
	_, name := readDER(&c)
	issuer = commonName(name)
	readDER(&c) // validity
	_, name = readDER(&c)
	if subject = commonName(name); subject == nil {
		readDER(&c) // key
		subject = altName(c)
	}
	return subject, issuer
}

// readDER reads one element: its tag and what there is of its content.
func readDER(c *cursor) (tag uint8, content cursor) {
	tag = c.u8()
	n := int(c.u8())
	if n >= 0x80 {
		octets := n & 0x7f
		if octets > 3 {
			c.b, c.short = nil, true
			return tag, cursor{short: true}
		}
		n = int(c.number(octets))
	}
	if c.short {
		return tag, cursor{short: true}
	}
	return tag, c.part(n)
}

// commonName returns the common name in a Name, nil for none.
func commonName(name cursor) []byte {
	for range maxNames {
		if !name.more() {
			break
		}
		tag, set := readDER(&name)
		if tag != derSet {
			break
		}
		_, pair := readDER(&set)
		_, oid := readDER(&pair)
		_, value := readDER(&pair)
		if string(oid.b) == oidCommonName && !value.short {
			return value.b
		}
	}
	return nil
}

// altName returns the first DNS name of the extension that has names, nil for
// none. c is what follows the key.
func altName(c cursor) []byte {
	var extensions cursor
	for range 3 { // two identifiers that nobody uses may stand before them
		if tag, content := readDER(&c); tag == derExtensions {
			_, extensions = readDER(&content)
			break
		}
	}
	for range maxNames {
		if !extensions.more() {
			break
		}
		_, extension := readDER(&extensions)
		if _, oid := readDER(&extension); string(oid.b) != oidAltName {
			continue
		}
		tag, value := readDER(&extension)
		if tag == derBoolean { // critical
			_, value = readDER(&extension)
		}
		_, names := readDER(&value)
		for names.more() {
			if tag, name := readDER(&names); tag == derDNSName && !name.short {
				return name.b
			}
		}
	}
	return nil
}
