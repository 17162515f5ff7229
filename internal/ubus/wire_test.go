package ubus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// goldenMessages were recorded from ubusd; of the object added only the first
// of its methods is left.
var goldenMessages = []struct {
	name, hex string
	want      message
	has       []int
	data      string   // as JSON
	sent      outgoing // what makes the same bytes; without a type where we never send it
}{
	{
		name: "hello", hex: "00000000 2623fbc8 00000004",
		want: message{header: header{kind: msgHello, peer: 0x2623fbc8}},
	},
	{
		name: "add object",
		hex:  "00060001 00000000 00000030 0200000e 6c61626e617469766500 0000 0600001c 82000018 0005 7374617473 00 8500000c 0001 6e00 00000005",
		want: message{header: header{kind: msgAddObject, seq: 1}, path: []byte("labnative"), sign: statsSign},
		has:  []int{attrPath, attrSignature},
		sent: outgoing{header: header{kind: msgAddObject, seq: 1}, path: "labnative", sign: statsSign},
	},
	{
		name: "object added", hex: "00020001 00000000 00000014 03000008 be5f72e1 05000008 61188f9c",
		want: message{header: header{kind: msgData, seq: 1}, object: 0xbe5f72e1},
		has:  []int{attrObject, attrObjType},
	},
	{
		name: "status", hex: "00010001 00000000 0000000c 01000008 00000000",
		want: message{header: header{kind: msgStatus, seq: 1}},
		has:  []int{attrStatus},
		sent: outgoing{header: header{kind: msgStatus, seq: 1}, answer: true},
	},
	{
		name: "invoke",
		hex:  "00050002 e2ed4067 00000034 03000008 be5f72e1 0400000b 6e6f7375636800 00 0c000009 726f6f7400 000000 0d000009 726f6f7400 000000 07000004",
		want: message{
			header: header{kind: msgInvoke, seq: 2, peer: 0xe2ed4067}, object: 0xbe5f72e1,
			method: []byte("nosuch"), user: []byte("root"), group: []byte("root"), data: Msg{},
		},
		has: []int{attrObject, attrMethod, attrUser, attrGroup, attrData}, data: "{}",
	},
	{
		name: "answer", hex: "00010002 e2ed4067 00000014 01000008 00000003 03000008 be5f72e1",
		want: message{header: header{kind: msgStatus, seq: 2, peer: 0xe2ed4067}, status: MethodNotFound, object: 0xbe5f72e1},
		has:  []int{attrStatus, attrObject},
		sent: outgoing{header: header{kind: msgStatus, seq: 2, peer: 0xe2ed4067}, answer: true, status: MethodNotFound, object: 0xbe5f72e1},
	},
	{
		name: "notify",
		hex:  "000a0002 be5f72e1 00000034 03000008 be5f72e1 04000009 7469636b00 000000 0a000005 01000000 07000014 84000010 0001 6900 0000000000000000",
		want: message{
			header: header{kind: msgNotify, seq: 2, peer: 0xbe5f72e1}, object: 0xbe5f72e1,
			method: []byte("tick"), silent: true, data: AppendInt64(nil, "i", 0),
		},
		has: []int{attrObject, attrMethod, attrNoReply, attrData}, data: `{"i":0}`,
		sent: outgoing{
			header: header{kind: msgNotify, seq: 2, peer: 0xbe5f72e1}, object: 0xbe5f72e1,
			method: "tick", silent: true, data: AppendInt64(nil, "i", 0),
		},
	},
}

var statsSign = AppendTable(nil, "stats", AppendInt(nil, "n", int64(TypeInt32)))

func TestGoldenMessages(t *testing.T) {
	for _, tt := range goldenMessages {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			got, err := readMessage(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range tt.has {
				tt.want.has |= 1 << id
			}
			if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(message{}, header{})); diff != "" {
				t.Error(diff)
			}
			if tt.data != "" && string(AppendJSON(nil, got.data)) != tt.data {
				t.Errorf("data is %s", AppendJSON(nil, got.data))
			}
			if tt.sent.kind == 0 {
				return
			}
			if sent, err := appendMessage(nil, &tt.sent); err != nil || !bytes.Equal(sent, b) {
				t.Errorf("we send %x\nwant    %x, %v", sent, b, err)
			}
		})
	}
}

func TestReadMessageRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"half a header", "00010001 0000", io.ErrUnexpectedEOF},
		{"another version", "01010001 00000000 0000000c 01000008 00000000", ErrMalformed},
		{"length below its own", "00010001 00000000 00000003", ErrMalformed},
		{"too long", "00010001 00000000 00100001", ErrMalformed},
		{"cut", "00010001 00000000 0000000c 01000008", io.ErrUnexpectedEOF},
		{"announced and never sent", "00010001 00000000 000ffffc 01000008", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readMessage(bytes.NewReader(unhex(t, tt.in))); !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAttributesOfAWrongLengthAreNotThere(t *testing.T) {
	for _, tt := range []struct{ name, in string }{
		{"status", "01000005 00000000"},
		{"object", "03000004"},
		{"path without end", "02000008 61626364"},
		{"empty method", "04000004"},
		{"long flag", "0a000008 00000001"},
		{"unknown", "7f000008 00000001"},
		{"half", "0300"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m message
			m.parse(unhex(t, tt.in))
			if m.has != 0 {
				t.Errorf("has %b", m.has)
			}
		})
	}
}

func TestReadMessageInPieces(t *testing.T) {
	out := outgoing{header: header{kind: msgData, seq: 9}, data: AppendString(nil, "x", strings.Repeat("y", 300_000))}
	b, err := appendMessage(nil, &out)
	if err != nil {
		t.Fatal(err)
	}
	m, err := readMessage(iotest.HalfReader(bytes.NewReader(b)))
	if err != nil || !bytes.Equal(m.data, out.data) {
		t.Errorf("%d bytes became %d, %v", len(out.data), len(m.data), err)
	}
}

func TestAppendMessageTooLarge(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
		want error
	}{{"largest", MaxMessage - 8, nil}, {"a word more", MaxMessage - 4, ErrTooLarge}} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := appendMessage([]byte("kept"), &outgoing{data: make(Msg, tt.size)})
			if !errors.Is(err, tt.want) || string(b[:4]) != "kept" || (err != nil && len(b) != 4) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
			if err == nil && binary.BigEndian.Uint32(b[4+headerSize:]) != MaxMessage {
				t.Errorf("length is %d", binary.BigEndian.Uint32(b[4+headerSize:]))
			}
		})
	}
}

func FuzzMessage(f *testing.F) {
	for _, s := range goldenMessages {
		f.Add(unhex(f, s.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			before := r.Len()
			m, err := readMessage(r)
			if err != nil {
				return
			}
			if r.Len() >= before {
				t.Fatal("nothing was read")
			}
			if len(m.path)+len(m.method)+len(m.user)+len(m.group)+len(m.sign)+len(m.data) > len(b) {
				t.Fatal("more than was read")
			}
			AppendJSON(nil, m.data)
		}
	})
}
