package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/intern"
)

func rows(t testing.TB, s *Store, kind uint8) []Row {
	t.Helper()
	got, err := s.Rows(kind)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestRows puts, replaces and deletes rows, and reads them waiting, committed and
// from another process.
func TestRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path, Options{})
	s.PutRows([]Row{{RowNote, "b", []byte("two")}, {RowNote, "a", []byte("one")}, {RowAlert, "a", []byte{}}})
	check := func(want ...Row) {
		t.Helper()
		if diff := cmp.Diff(want, rows(t, s, RowNote)); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Row{{RowAlert, "a", []byte{}}}, rows(t, s, RowAlert)); diff != "" {
			t.Errorf("alerts (-want +got):\n%s", diff)
		}
	}
	check(Row{RowNote, "a", []byte("one")}, Row{RowNote, "b", []byte("two")})
	commit(t, s)
	s.PutRows([]Row{{RowNote, "b", []byte("three")}, {RowNote, "a", nil}, {RowNote, "never there", nil}})
	check(Row{RowNote, "b", []byte("three")})
	commit(t, s)
	check(Row{RowNote, "b", []byte("three")})
	if st := s.Status(); st.Rows != 2 || st.QueuedRows != 0 || st.Commits != 2 {
		t.Errorf("status %+v", st)
	}
	closeAndCheck(t, s)
	s = open(t, path, Options{})
	check(Row{RowNote, "b", []byte("three")})
	if st := s.Status(); st.Rows != 2 {
		t.Errorf("%d rows counted", st.Rows)
	}
}

func TestRowsAreBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{QueueBytes: 1 << 20})
	for i := range maxRowsOfKind + 10 {
		s.PutRows([]Row{{RowAlert, fmt.Sprintf("%08d", i), []byte("x")}, {RowNote, "note", []byte{byte(i)}}})
		if i%1000 == 0 {
			commit(t, s)
		}
	}
	commit(t, s)
	alerts := rows(t, s, RowAlert)
	if len(alerts) != maxRowsOfKind || alerts[0].Key != "00000010" || len(rows(t, s, RowNote)) != 1 {
		t.Errorf("%d alerts, the first is %s; %d notes", len(alerts), alerts[0].Key, len(rows(t, s, RowNote)))
	}
	if st := s.Status(); st.PrunedRows != 10 || st.Refused != 0 {
		t.Errorf("%d rows pruned, %d refused", st.PrunedRows, st.Refused)
	}
	refused := []Row{
		{NumRowKinds, "kind", []byte("x")},
		{RowNote, "", []byte("x")},
		{RowNote, string(make([]byte, maxRowKey+1)), []byte("x")},
		{RowNote, "value", make([]byte, maxRowValue+1)},
	}
	s.PutRows(refused)
	if st := s.Status(); st.Refused != uint64(len(refused)) || st.QueuedRows != 0 {
		t.Errorf("%d refused, %d wait", st.Refused, st.QueuedRows)
	}
	for i := range 100 { // more than half of the queue
		s.PutRows([]Row{{RowState, fmt.Sprint(i), make([]byte, maxRowValue)}})
	}
	if st := s.Status(); st.QueuedRows == 0 || st.QueuedRows > 16 || s.queue.rowBytes > 512<<10 {
		t.Errorf("%d rows of %d bytes wait", st.QueuedRows, s.queue.rowBytes)
	}
}

// TestRowsOfAFailedCommit come back to the queue, but not over newer ones.
func TestRowsOfAFailedCommit(t *testing.T) {
	var q queue
	q.init(Options{QueueBytes: 10000}, 0)
	q.putRows([]Row{{RowNote, "a", []byte("old")}, {RowNote, "b", []byte("old")}})
	b := q.begin()
	q.putRows([]Row{{RowNote, "a", []byte("new")}})
	if w := q.waitingRows(RowNote); string(w["a"].Value) != "new" || string(w["b"].Value) != "old" {
		t.Errorf("waiting %v", w)
	}
	q.done(b, false)
	if w := q.waitingRows(RowNote); string(w["a"].Value) != "new" || string(w["b"].Value) != "old" || q.rowBytes != 2*(1+3+slotOverhead) {
		t.Errorf("after a failure %v, %d bytes", w, q.rowBytes)
	}
}

func TestDamagedRow(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{Names: intern.New(1)})
	s.PutRows([]Row{{RowNote, "a", []byte("one")}, {RowNote, "b", []byte("two")}})
	commit(t, s)
	key := rowKey(RowNote, "a")
	good := encodeRow(key, []byte("one"))
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 4
		err := s.update("damage", func(e *edit) error { return e.tx.Bucket(bucketRows).Put(key, bad) })
		if err != nil {
			t.Fatal(err)
		}
		before := s.Status().BadBlocks
		if got := rows(t, s, RowNote); len(got) != 1 || got[0].Key != "b" || s.Status().BadBlocks != before+1 {
			t.Fatalf("byte %d: rows %v", i, got)
		}
	}
}

func FuzzRow(f *testing.F) {
	f.Add([]byte("key"), encodeRow([]byte("key"), []byte("value")))
	f.Add([]byte("k"), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, key, row []byte) {
		value, err := decodeRow(key, row)
		if err == nil && !bytes.Equal(encodeRow(key, value), row) {
			t.Errorf("%x decodes to %x, which is another row", row, value)
		}
	})
}
