package daemon

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"weir/internal/api"
	"weir/internal/rollup"
	"weir/test/ask"
)

// A backup goes to a daemon that knows other names by the same numbers; there it is
// the same history, once, however often it is restored.
func TestBackupToAnotherDaemon(t *testing.T) {
	m, _ := newMachine(t, truth, "")
	m.now.NTP = true
	m.pass(7300)
	var backup bytes.Buffer
	if err := m.d.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	other, reboot := newMachine(t, truth.Add(time.Hour), "")
	for _, name := range []string{"these", "take", "the", "numbers"} {
		other.d.names.Handle(name)
	}
	other.now = m.now
	other.d.tick(other.now)
	for range 2 {
		r, err := other.d.Restore(t.Context(), bytes.NewReader(backup.Bytes()))
		if err != nil || r.Slots == 0 || len(other.d.engine.Kept()) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		other.fed = m.fed
		other.has(truth, other.now.Wall)
	}
	if a, b := m.flows(time.Unix(0, 0), other.now.Wall), other.flows(time.Unix(0, 0), other.now.Wall); a != b {
		t.Errorf("%d flows, were %d", b, a)
	}
	other.pass(60)
	other.has(truth, other.now.Wall)
	other.rebooted(reboot)
	other.has(truth, other.now.Wall)
	_, err := other.d.Restore(t.Context(), strings.NewReader("no backup"))
	if api.AsError(err).Code != api.InvalidArgument {
		t.Errorf("what is no backup: %v", err)
	}
	other.has(truth, other.now.Wall)
}

// The methods answer from the real daemon.
func TestMethodsOfHistory(t *testing.T) {
	m, reboot := newMachine(t, truth, "")
	m.now.NTP = true
	m.pass(7300)
	m.skip(2 * time.Hour) // its flow ends
	text := func(name string, args map[string]any) string {
		t.Helper()
		reply, err := m.call(name, args)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return ""
		}
		return strings.ReplaceAll(strings.ToLower(toText(reply)), " ", "")
	}
	from, to := truth.Unix()-86400, m.now.Wall.Unix()
	phone, _ := m.d.names.Lookup(phoneMAC.String())
	period := func(more ...any) map[string]any {
		args := map[string]any{"from": from, "to": to}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return args
	}
	if got := text("top", period("class", "device")); !strings.Contains(got, itoa(phone)) {
		t.Errorf("top: %s", got)
	}
	if got := text("compare", period("class", "application")); !strings.Contains(got, "dns") {
		t.Errorf("compare: %s", got)
	}
	if got := text("matrix", period("class", "device_application")); !strings.Contains(got, "dns") {
		t.Errorf("matrix: %s", got)
	}
	if got := m.ask("flow_history", map[string]any{"limit": int64(5)}); len(ask.At(got, "flows").([]any)) != m.flows(time.Unix(0, 0), m.now.Wall) {
		t.Errorf("flow_history: %v", got)
	}
	if got := text("usage", nil); got == "" {
		t.Error("usage is empty")
	}
	saved := m.ask("snapshot", nil)
	if ask.At(saved, "slots") == 0.0 || ask.At(saved, "bytes") == 0.0 {
		t.Errorf("snapshot: %v", saved)
	}
	m.ask("prune", nil)
	m.has(truth, m.now.Wall)

	m.ask("reset", map[string]any{"what": "series"})
	m.fed = 0
	check := func(when string) {
		t.Helper()
		for _, tier := range tiers(m.d.config.Load()) {
			if n := m.sum(m.tier(tier.Step), rollup.Total, 0, 1<<33); n != 0 {
				t.Errorf("%s: %d packets in the tier of %d s", when, n, tier.Step)
			}
		}
	}
	check("after a reset")
	if len(m.d.engine.Kept()) != 1 || m.flows(time.Unix(0, 0), m.now.Wall) == 0 {
		t.Error("the reset of series took more")
	}
	m.rebooted(reboot)
	check("after a reboot")
}

func toText(v any) string {
	var b strings.Builder
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				b.WriteString(k + " ")
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case string:
			b.WriteString(v + " ")
		}
	}
	walk(v)
	return b.String()
}

// A stop with a lot to save ends in time, and says what it had no time for.
func TestStopWithMuchToSave(t *testing.T) {
	m, reboot := newMachine(t, truth, "config weir 'main'\n\toption max_devices '4096'\n")
	m.now.NTP = true
	for i := range 1500 {
		mac := phoneMAC
		mac[3], mac[4], mac[5] = 7, byte(i>>8), byte(i)
		feed(t, m.d, m.now.Wall, mac, "192.168.1.20", uint16(1000+i), 1)
		m.fed++
	}
	for range 40 {
		m.pass(30)
		m.skip(30 * time.Second)
	}
	begin := time.Now()
	m.stop()
	if took := time.Since(begin); took > 4500*time.Millisecond {
		t.Errorf("the stop took %v", took)
	}
	reboot()
	m.start()
	m.has(truth, m.now.Wall)

	m.pass(120)
	m.d.finish()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	m.d.lastSnapshot(ctx)
	if err := m.d.store.Close(ctx); err != nil {
		t.Error(err)
	}
	m.logged("the stop left no time to save everything", 1)
	m.start()
	m.has(truth, m.now.Wall)
}
