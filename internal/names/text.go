package names

// MaxText is the longest text that is kept, in bytes: what RFC 1035 section 3.1
// leaves for a name in its usual form.
const MaxText = 253

// Clean appends a domain name as it is kept: in lower case (RFC 4343), without the
// dot of the root, bytes that are not visible ASCII as \DDD. Backslashes stay, as
// DNS names arrive escaped, and names in punycode stay so. It reports false for
// the root and for what is longer than MaxText, which is not kept.
func Clean(dst, name []byte) ([]byte, bool) {
	if n := len(name); n > 0 && name[n-1] == '.' && !escaped(name[:n-1]) {
		name = name[:n-1]
	}
	return visible(dst, name, true)
}

// escaped reports whether a backslash stands before what follows b.
func escaped(b []byte) bool {
	odd := false
	for i := len(b); i > 0 && b[i-1] == '\\'; i-- {
		odd = !odd
	}
	return odd
}

// visible appends text with all that is not visible ASCII escaped, up to MaxText
// bytes; it reports false, and dst as it was, when there is nothing or more.
func visible(dst, text []byte, lower bool) ([]byte, bool) {
	if len(text) == 0 || len(text) > MaxText {
		return dst, false
	}
	start := len(dst)
	for _, c := range text {
		plain := c > ' ' && c < 0x7f
		if used := len(dst) - start; used == MaxText || !plain && used > MaxText-4 {
			return dst[:start], false
		}
		switch {
		case !plain:
			dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case lower && 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}
