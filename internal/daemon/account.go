package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"weir/internal/alert"
	"weir/internal/clock"
	"weir/internal/usage"
	"weir/store"
	"weir/uci"
)

// accountEvery is how many ticks there are between two looks at what quotas are
// about.
const accountEvery = 5

// Scopes of quotas; a name follows the last three.
const (
	scopeHouse  = "wan"
	scopeUplink = "wan:"
	scopeDevice = "device:"
	scopePool   = "pool:"
)

// configureAccounts says what is accounted from now on, by the configuration.
func (d *Daemon) configureAccounts(cfg *uci.Config) {
	var quotas []usage.Quota
	for i := range cfg.Quotas {
		if q := &cfg.Quotas[i]; q.Enabled {
			quotas = append(quotas, quotaOf(q))
		}
	}
	d.accounting.Lock()
	defer d.accounting.Unlock()
	d.meter(d.ledger.Scopes()) // what passed until now is the old quotas'
	d.ledger.Configure(quotas, d.zone.Load())
	scopes := d.ledger.Scopes()
	d.passed.keep(scopes)
	d.meter(scopes)
}

func quotaOf(q *uci.Quota) usage.Quota {
	out := usage.Quota{
		Name: q.ID, Scope: q.Scope, Bytes: uint64(q.Bytes), Direction: usage.Direction(q.Direction),
		Cycle: cycleOf(q.Cycle, q.Start, q.Every), Warn: q.Warn, Prior: uint64(q.Prior),
	}
	for _, w := range q.Free {
		out.Free = append(out.Free, usage.Window(w))
	}
	for _, day := range q.Weekdays {
		if i := slices.Index(weekdays, day); i >= 0 {
			out.Weekdays |= 1 << i
		}
	}
	return out
}

// weekdays are the words of the configuration, in the order of time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func cycleOf(kind uci.Cycle, start uci.Start, every int) usage.Cycle {
	return usage.Cycle{Kind: usage.CycleKind(kind), Start: usage.Start(start), Every: every}
}

// restoreKept reads devices and who they are, what is used of quotas, and the alerts from the store.
// The quotas must be configured: the ledger forgets what no quota is about.
func (d *Daemon) restoreKept() {
	d.accounting.Lock() // until it is noted what devices had counted before
	defer d.accounting.Unlock()
	d.restoreIdentity()
	d.restoreJournal()
	d.meter(d.ledger.Scopes())
	d.passed.begin()
	ledger, err := d.store.Rows(store.RowLedger)
	alerts, alertsErr := d.store.Rows(store.RowAlert)
	if err = cmp.Or(err, alertsErr); err != nil {
		d.log.Error("read quotas and alerts from the store; they begin anew", "error", err)
	}
	used, raised := make([]usage.Row, len(ledger)), make([]alert.Row, len(alerts))
	for i, r := range ledger {
		used[i] = usage.Row{Key: r.Key, Value: r.Value}
	}
	for i, r := range alerts {
		raised[i] = alert.Row{Key: r.Key, Value: r.Value}
	}
	if n := d.ledger.Load(used) + d.alerts.Load(raised); n > 0 {
		d.log.Warn("quotas or alerts in the store are damaged and left out", "rows", n)
	}
}

// putAccounts queues what has to outlive the process of quotas and alerts.
func (d *Daemon) putAccounts() {
	var rows []store.Row
	for _, r := range d.ledger.Rows() {
		rows = append(rows, store.Row{Kind: store.RowLedger, Key: r.Key, Value: r.Value})
	}
	for _, r := range d.alerts.Rows() {
		rows = append(rows, store.Row{Kind: store.RowAlert, Key: r.Key, Value: r.Value})
	}
	d.store.PutRows(rows)
}

// account counts what passed since the last time on the quotas, once the clock
// tells in which cycle.
func (d *Daemon) account(now clock.Reading) {
	d.accounting.Lock()
	defer d.accounting.Unlock()
	scopes := d.ledger.Scopes()
	d.meter(scopes)
	if len(scopes) == 0 || !d.trusted() {
		return
	}
	d.mu.Lock()
	confirmed := d.trust == clock.ByNTP
	d.mu.Unlock()
	for _, e := range d.ledger.Feed(now.Wall, confirmed, d.passed.totals(scopes)) {
		severity, text := alert.Warning, fmt.Sprintf("%d %% of quota %s is used", e.Percent, e.Quota.Name)
		if e.Percent >= 100 {
			severity, text = alert.Error, "quota "+e.Quota.Name+" is used up"
		}
		d.raise(alert.New{
			Severity: severity, Type: "quota", Subject: fmt.Sprintf("%s/%d", e.Quota.Name, e.Percent),
			Text: fmt.Sprintf("%s: %s of %s since %s", text, bytesText(e.Used), bytesText(e.Quota.Bytes), e.From.Format(time.DateOnly)),
		})
	}
}

// meter reads what uplinks and, if a quota is about them, devices have counted.
// Called with accounting held.
func (d *Daemon) meter(scopes []string) {
	d.mu.Lock()
	lines := maps.Clone(d.lines)
	d.mu.Unlock()
	for name, c := range lines {
		d.passed.line(name, c.TxBytes, c.RxBytes, scopes)
	}
	if !slices.ContainsFunc(scopes, func(s string) bool { return !strings.HasPrefix(s, scopeHouse) }) {
		d.passed.devices = nil
		return
	}
	devices := d.engine.Kept()
	d.passed.see(devices, poolsOf(d.config.Load(), devices), scopes)
}

// Cycle implements api.Account.
func (d *Daemon) Cycle(uplink string) usage.Cycle {
	wans := d.config.Load().WANs
	for i := range wans {
		if w := &wans[i]; w.ID == uplink || uplink == "" {
			return cycleOf(w.Cycle, w.Start, w.Every)
		}
	}
	return usage.Cycle{Kind: usage.Monthly, Start: usage.Start{Day: 1}}
}

// Uses implements api.Account.
func (d *Daemon) Uses() []usage.Use { return d.ledger.Uses(d.now()) }

// SetUse implements api.Account.
func (d *Daemon) SetUse(_ context.Context, name string, used uint64) bool {
	ok := d.ledger.Set(name, used)
	d.putAccounts()
	return ok
}

// ResetUse implements api.Account.
func (d *Daemon) ResetUse(_ context.Context, name string) bool {
	ok := d.ledger.Reset(name)
	d.putAccounts()
	return ok
}

// bytesText writes bytes for people.
func bytesText(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	v, i := float64(n), 0
	for v >= 999.95 && i < len(units)-1 {
		v /= 1000
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
