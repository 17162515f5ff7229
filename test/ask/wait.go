package ask

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// Patience is how long tests wait for what should come soon. Where the kernel does
// not know NTP, history begins ten seconds after the daemon: clock.DefaultSettle.
const Patience = 30 * time.Second

// Until waits until ok reports true, and fails the test when that takes longer
// than Patience.
func Until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("waited in vain: %s", what)
		}
	}
}

// Lines is a log that can be read while it is written.
type Lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns all that was written.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
