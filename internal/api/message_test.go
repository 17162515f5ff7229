package api

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/ubus"
)

// TestMessage checks what each kind of element becomes.
func TestMessage(t *testing.T) {
	e := NewMsgEncoder(1 << 10)
	everything(e)
	m, err := e.Msg()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	want := `{"table":{"array":["a",true,null,[]],"empty":{}},"int":-5,"large":9007199254740992,"uint":9007199254740992,"milli":-1.5,"bytes":"10.0.0.1","odd":"a<b>��c�"}`
	if diff := cmp.Diff(want, string(ubus.AppendJSON(nil, m))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if e.Clamped() != 2 {
		t.Errorf("%d clamped", e.Clamped())
	}
}

func everything(e *Encoder) {
	e.Table("table")
	e.Array("array")
	e.Str("", "a")
	e.Bool("", true)
	e.Null("")
	e.Array("")
	e.EndArray()
	e.EndArray()
	e.Table("empty")
	e.EndTable()
	e.EndTable()
	e.Int("int", -5)
	e.Int("large", math.MaxInt64)
	e.Uint("uint", math.MaxUint64)
	e.Milli("milli", -1500)
	e.Bytes("bytes", []byte("10.0.0.1"))
	e.Str("odd", "a<b>\xff\xfec\x00")
}

// TestMessageBytes compares with what libubox makes of the same elements.
func TestMessageBytes(t *testing.T) {
	e := NewMsgEncoder(1 << 10)
	e.Int("n", 5)
	e.Int("big", 1<<40)
	e.Bool("on", true)
	e.Milli("x", 1500)
	e.Array("a")
	e.Str("", "hi")
	e.EndArray()
	m, err := e.Msg()
	if err != nil {
		t.Fatal(err)
	}
	want := "8500000c" + "00016e00" + "00000005" + // BLOBMSG_TYPE_INT32
		"84000014" + "0003626967000000" + "0000010000000000" + // INT64
		"8700000d" + "00026f6e00000000" + "01000000" + // INT8, padded
		"88000010" + "00017800" + "3ff8000000000000" + // DOUBLE
		"81000014" + "00016100" + "8300000b" + "00000000" + "68690000" // ARRAY of a STRING
	if diff := cmp.Diff(want, hex.EncodeToString(m)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMessageLimit checks that a table that grows too large is given up for good,
// wherever that happens, and that the Encoder serves again after that.
func TestMessageLimit(t *testing.T) {
	whole := NewMsgEncoder(1 << 20)
	everything(whole)
	m, err := whole.Msg()
	if err != nil {
		t.Fatal(err)
	}
	size := len(m)
	for limit := range size {
		e := NewMsgEncoder(limit)
		everything(e)
		if m, err := e.Msg(); m != nil || !errors.Is(err, ubus.ErrTooLarge) {
			t.Errorf("limit %d of %d: %d bytes, %v", limit, size, len(m), err)
		}
		e.ResetMsg(1 << 20)
		if m, err := e.Msg(); len(m) != 0 || err != nil {
			t.Errorf("limit %d, reset: %d bytes, %v", limit, len(m), err)
		}
	}
	e := NewMsgEncoder(size)
	for range 2 {
		everything(e)
		if m, err := e.Msg(); len(m) != size || err != nil || e.Clamped() != 2 {
			t.Errorf("at the limit: %d bytes of %d, %d clamped, %v", len(m), size, e.Clamped(), err)
		}
		e.ResetMsg(1 << 20)
	}
}

// TestMessageBuffer checks that a buffer serves again, and that a large one goes.
func TestMessageBuffer(t *testing.T) {
	e := NewMsgEncoder(1 << 20)
	everything(e)
	e.ResetMsg(1 << 10)
	if n := testing.AllocsPerRun(100, func() {
		e.Table("a")
		e.Int("b", 1)
		e.Str("c", "text")
		e.EndTable()
		e.ResetMsg(1 << 10)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	e.Str("long", strings.Repeat("x", 2<<10))
	if e.ResetMsg(1 << 10); e.msg.buf != nil {
		t.Errorf("%d bytes are kept", cap(e.msg.buf))
	}
}
