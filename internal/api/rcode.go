package api

import "strconv"

// rcodes are the DNS response codes (IANA, DNS RCODEs) that resolvers use.
var rcodes = [...]string{"noerror", "formerr", "servfail", "nxdomain", "notimp", "refused", "yxdomain", "yxrrset", "nxrrset", "notauth", "notzone"}

// rcode writes a DNS response code as its name, or as its number in digits.
func rcode(e *Encoder, name string, code uint8) {
	if int(code) < len(rcodes) {
		e.Str(name, rcodes[code])
		return
	}
	var b [3]byte
	e.Bytes(name, strconv.AppendUint(b[:0], uint64(code), 10))
}
