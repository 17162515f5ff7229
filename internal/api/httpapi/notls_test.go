//go:build notls

package httpapi

import (
	"path/filepath"
	"testing"
)

func TestWithoutTLS(t *testing.T) {
	dir := shortDir(t)
	c := Config{Listen: []string{"127.0.0.1:0"}, TokenFile: filepath.Join(dir, "token"), Cert: "cert.pem", Key: "key.pem"}
	want := "serve the API with cert and key: this build has no TLS; use the full build, or put uhttpd or nginx in front"
	if got := runErr(t, c); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
