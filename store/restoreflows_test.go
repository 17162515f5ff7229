package store

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"weir/internal/flowlog"
	"weir/internal/intern"
	"weir/internal/rollup"
	"weir/store/archive"
)

// logOf logs n flows of a device.
func (l *life) logOf(name string, n int) {
	for range n {
		l.store.LogFlow(&flowlog.Flow{
			First: l.now*1e6 - 9, Last: l.now * 1e6, Client: flowlog.Endpoint{Device: l.names.Handle(name)}, Host: "of " + name,
		})
	}
}

// flowsOf counts the flows of a device, and checks that they are its.
func (l *life) flowsOf(name string) int {
	l.t.Helper()
	id, _ := l.names.Lookup(name)
	rows, _, _, err := l.store.FlowHistory(context.Background(), flowlog.Filter{Device: id}, MaxFlowRows, "")
	if err != nil {
		l.t.Fatal(err)
	}
	for i := range rows {
		if rows[i].Host != "of "+name {
			l.t.Errorf("a flow of %s has the handle of %s", rows[i].Host, name)
		}
	}
	return len(rows)
}

// TestFlowsChangeHands takes the flow log to databases in which the devices have
// other handles, by snapshots and by backup, with what is in the open block.
func TestFlowsChangeHands(t *testing.T) {
	l := newLife(t, t.TempDir(), 16<<20)
	l.logOf("phone", 3)
	l.logOf("laptop", 5)
	l.snapshot()
	var file bytes.Buffer
	if err := l.store.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	for name, restore := range map[string]func() (RestoreReport, error){
		"snapshots": func() (RestoreReport, error) { return l.store.RebuildFrom(l.arch) },
		"backup":    func() (RestoreReport, error) { return l.store.Restore(t.Context(), bytes.NewReader(file.Bytes())) },
	} {
		t.Run(name, func(t *testing.T) {
			l.now++
			l.restart()
			l.names.Handle("television")
			l.names.Handle("laptop")
			report, err := restore()
			if err != nil || report.Skipped > 0 || report.Flows == 0 {
				t.Errorf("%+v, %v", report, err)
			}
			if phone, laptop := l.flowsOf("phone"), l.flowsOf("laptop"); phone != 3 || laptop != 5 {
				t.Errorf("%d and %d flows, want 3 and 5", phone, laptop)
			}
		})
	}
}

// TestRestoreFromAnybody takes in what somebody made up: blocks of flows in times that
// are none, or not where they stand, and more names than are good.
func TestRestoreFromAnybody(t *testing.T) {
	var file bytes.Buffer
	w := archive.NewWriter(&file, codec)
	b := flowlog.NewBuilder()
	b.Append(&flowlog.Flow{Last: 1e15})
	data := b.Close().Bytes
	for _, r := range []archive.Record{
		{Kind: archive.KindFlow, Start: 1 << 62, Key: string(flowPrefix(1<<62, 1)), Data: data},
		{Kind: archive.KindFlow, Start: 5, Key: string(flowPrefix(1e9, 1)), Data: data},
		{Kind: archive.KindFlow, Start: 5, Key: "short", Data: data},
		{Kind: archive.KindSlot, Step: 300, Start: maxFlowTime + 200, Data: rollup.AppendBlock(nil, nil)},
	} {
		if err := w.Add(r, func(uint32) string { return "" }); err != nil {
			t.Fatal(err)
		}
	}
	var rows []rollup.Row
	for id := range uint32(1000) {
		rows = append(rows, rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: 1 + id}, Values: rollup.Values{TxBytes: 1}})
	}
	slot := archive.Record{Kind: archive.KindSlot, Step: 300, Start: 3e8, Data: rollup.AppendBlock(nil, rows)}
	if err := w.Add(slot, func(h uint32) string { return fmt.Sprint("made up ", h) }); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	names := intern.New(400)
	s := open(t, t.TempDir()+"/"+FileName, Options{Names: names})
	report, err := s.Restore(t.Context(), &file)
	if err != nil || report.Skipped != 4 || report.Flows != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if n := names.Len(); n > 300 {
		t.Errorf("a backup took %d of 400 names", n)
	}
	if got := sumsByStart(t, s, 300)[3e8]; got != 1000 {
		t.Errorf("%d bytes, want 1000: what has no name is the rest", got)
	}
	if _, _, _, err := s.FlowHistory(t.Context(), flowlog.Filter{}, 10, ""); err != nil {
		t.Error(err)
	}
}
