//go:build notls

package main

import (
	"testing"
)

func TestWithoutTLS(t *testing.T) {
	c, err := (&target{url: "https://192.0.2.1"}).client(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.call(t.Context(), "status", nil)
	if want := "reach https://192.0.2.1: this build has no TLS; use the full build, or the daemon's socket or plain HTTP"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
