package uci

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters of a name that a person gave.
const maxName = 64

// name is a short text for people: any language, no control characters.
func name(field *string) value {
	return scalar(field, textCodec("a text of at most 64 characters", maxName))
}

// text is a longer one-line text, such as a password.
func text(field *string) value {
	return scalar(field, textCodec("a text of at most 512 characters", 512))
}

func textList(field *[]string) value {
	return list(field, textCodec("a text of at most 64 characters", maxName))
}

func textCodec(allow string, limit int) codec[string] {
	return stringCodec(allow, func(s string) error {
		switch {
		case !utf8.ValidString(s):
			return errors.New("is not UTF-8 text")
		case utf8.RuneCountInString(s) > limit:
			return errors.New("is too long")
		case strings.ContainsFunc(s, unicode.IsControl):
			return errors.New("has a control character")
		}
		return nil
	})
}

// stringCodec keeps the text as it is written when check has nothing against it.
func stringCodec(allow string, check func(string) error) codec[string] {
	return codec[string]{
		allow:  allow,
		parse:  func(s string) (string, error) { return s, check(s) },
		format: func(s string) string { return s },
	}
}

// iface is the name of an interface: of a UCI network, or of a device.
func iface(field *[]string) value {
	return list(field, stringCodec("a network of /etc/config/network (lan) or a device (br-lan, eth0)", checkInterface))
}

// ifaces is a list of interfaces that none empties: a list without values is its
// default in UCI.
func ifaces(field *[]string) value {
	v := list(field, stringCodec("a network of /etc/config/network (lan), a device (br-lan, eth0), or none", checkInterface))
	add, texts := v.add, v.texts
	v.add = func(text string) error {
		if strings.EqualFold(text, noInterface) {
			return nil
		}
		return add(text)
	}
	v.texts = func() []string {
		if len(*field) == 0 {
			return []string{noInterface}
		}
		return texts()
	}
	return v
}

const noInterface = "none"

// checkInterface applies the kernel's rules for device names (dev_valid_name)
// with room for the longer names of UCI networks.
func checkInterface(s string) error {
	switch {
	case len(s) > 32:
		return errors.New("is longer than an interface name can be")
	case s == "", s == ".", s == "..", strings.ContainsAny(s, "/: \t\n"), strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("is not an interface name")
	}
	return nil
}

// path is an absolute file name.
func path(field *string) value {
	return scalar(field, stringCodec("an absolute path (/var/lib/weir)", checkPath))
}

// optionalPath may be empty or none, which are both kept as "".
func optionalPath(field *string) value {
	c := stringCodec("an absolute path (/etc/weir), or none", checkPath)
	parse := c.parse
	c.parse = func(s string) (string, error) {
		if s == "" || strings.EqualFold(s, "none") {
			return "", nil
		}
		return parse(s)
	}
	c.format = func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	return scalar(field, c)
}

func checkPath(s string) error {
	switch {
	case !strings.HasPrefix(s, "/"):
		return errors.New("is not an absolute path")
	case len(s) > 1024:
		return errors.New("is too long")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("has a control character")
	}
	return nil
}

// webAddress is a URL with a host.
func webAddress(field *string, schemes ...string) value {
	return scalar(field, stringCodec("an address that begins with "+strings.Join(schemes, ":// or ")+"://", func(s string) error {
		_, err := parseWeb(s, schemes...)
		return err
	}))
}

func parseWeb(s string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || len(s) > 1024 {
		return nil, errors.New("is not a web address")
	}
	if !slices.Contains(schemes, u.Scheme) {
		return nil, errors.New("begins with another scheme")
	}
	return u, nil
}

// origins are web origins: scheme, host and port, nothing after it.
func origins(field *[]string) value {
	return list(field, stringCodec("an origin like https://grafana.lan:3000", func(s string) error {
		u, err := parseWeb(s, "https", "http")
		if err == nil && s != u.Scheme+"://"+u.Host {
			err = errors.New("has more than scheme, host and port")
		}
		return err
	}))
}

// webPath is a path on a web server: empty, or /like/this without the last
// slash.
func webPath(field *string) value {
	return scalar(field, stringCodec("a path like /weir, without a slash at its end", func(s string) error {
		if s != "" && (s[0] != '/' || s[len(s)-1] == '/' || strings.ContainsAny(s, "?#% \\")) || len(s) > 256 {
			return errors.New("is not such a path")
		}
		return nil
	}))
}

// domains are DNS names; a domain stands for all names below it.
func domains(field *[]string) value {
	return list(field, stringCodec("a domain (example.org)", func(s string) error {
		if len(s) > 253 || !validHost(s) {
			return errors.New("is not a domain")
		}
		return nil
	}))
}

// validHost reports whether s is made of DNS labels; underscores are found in
// practice.
func validHost(s string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !validName(label, '-') {
			return false
		}
	}
	return true
}
