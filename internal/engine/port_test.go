package engine

import "testing"

func TestWithoutPort(t *testing.T) {
	for host, want := range map[string]string{
		"nas.lan": "nas.lan", "nas.lan:8080": "nas.lan", "192.168.1.60:631": "192.168.1.60", "": "", ":80": "",
		"[2001:db8::1]:80": "[2001:db8::1]", "[2001:db8::1]": "[2001:db8::1]", "2001:db8::1": "2001:db8::1", "a:b": "a:b", "nas.lan:": "nas.lan",
	} {
		if got := string(withoutPort([]byte(host))); got != want {
			t.Errorf("%q without its port is %q, want %q", host, got, want)
		}
	}
}
