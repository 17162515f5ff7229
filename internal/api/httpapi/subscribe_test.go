//go:build !notls

package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStream listens as a page does.
func TestStream(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	b.login(t, h.token)
	id := b.env(t, "/").Session
	if res, _ := b.send(t, "GET", "/ubus/subscribe/weir", ""); res.StatusCode != 401 {
		t.Errorf("the cookie alone listens: %d", res.StatusCode)
	}
	if res, _ := b.send(t, "POST", "/ubus/subscribe/weir", ""); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
	listen := func() (*http.Response, func()) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+h.tcp+"/ubus/subscribe/weir", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", b.cookie)
		req.Header.Set("Authorization", "Bearer "+id)
		res, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res, func() { res.Body.Close() }
	}
	res, leave := listen()
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("got %d %s", res.StatusCode, got)
	}
	for range 2 {
		data := event(t, res.Body)
		var tick struct{ TS, RX, TX, Flows *int64 }
		if err := json.Unmarshal([]byte(data), &tick); err != nil || tick.TS == nil || tick.RX == nil || tick.Flows == nil {
			t.Errorf("%q: %v", data, err)
		}
	}
	var others []func()
	for range maxStreams - 1 {
		_, leave := listen()
		others = append(others, leave)
	}
	busy, done := listen()
	if busy.StatusCode != 503 || h.server.Stats().Busy == 0 {
		t.Errorf("one too many gets %d", busy.StatusCode)
	}
	done()
	leave()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, done := listen()
		done()
		if res.StatusCode == 200 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("who left keeps its place")
		}
	}
	begin := time.Now()
	if err := h.stop(); err != nil || time.Since(begin) >= stopTime {
		t.Errorf("streams held up the end for %s: %v", time.Since(begin), err)
	}
	for _, leave := range others {
		leave()
	}
}

// event reads one event of the stream and returns its data.
func event(t *testing.T, r io.Reader) string {
	t.Helper()
	var text []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(text), "\n\n") {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatal(err)
		}
		text = append(text, one[0])
	}
	data, ok := strings.CutPrefix(string(text), "event: live\ndata: ")
	if !ok {
		t.Fatalf("got %q", text)
	}
	return data
}
