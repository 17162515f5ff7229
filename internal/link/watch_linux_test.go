package link

import (
	"testing"
)

// TestList reads the machine's own interfaces, which takes no rights.
func TestList(t *testing.T) {
	s, err := List()
	if err != nil {
		t.Fatal(err)
	}
	l, ok := s.ByIndex(1)
	if !ok || l.Name != "lo" || l.Type != TypeLoopback {
		t.Fatalf("interface 1 is %+v", l)
	}
}
