package apitest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"weir/internal/api"
)

// CheckReply fails the test unless data is one JSON object that has exactly the
// declared fields, each of the declared kind.
func CheckReply(t *testing.T, fields []api.Field, data []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("reply is not JSON: %v\n%s", err, data)
	}
	if d.More() {
		t.Fatalf("something follows the reply:\n%s", data)
	}
	object(t, fields, "", v)
}

// object checks the object at path; its members' paths begin with prefix.
func object(t *testing.T, fields []api.Field, path string, v any) {
	t.Helper()
	members, ok := v.(map[string]any)
	if !ok {
		t.Errorf("%s is %T, not an object", path, v)
		return
	}
	prefix := path
	if prefix != "" {
		prefix += "."
	}
	declared := map[string]bool{}
	for _, f := range fields {
		name, ok := strings.CutPrefix(f.Path, prefix)
		if !ok || strings.ContainsAny(name, ".[") {
			continue
		}
		declared[name] = true
		if _, ok := members[name]; !ok {
			t.Errorf("%s is missing", f.Path)
			continue
		}
		field(t, fields, f, members[name])
	}
	for name := range members {
		if !declared[name] {
			t.Errorf("%s is not declared", prefix+name)
		}
	}
}

func field(t *testing.T, fields []api.Field, f api.Field, v any) {
	t.Helper()
	if v == nil {
		if !f.Null {
			t.Errorf("%s is null", f.Path)
		}
		return
	}
	var ok bool
	switch f.Kind {
	case api.Integer:
		var n json.Number
		if n, ok = v.(json.Number); ok {
			i, err := n.Int64()
			ok = err == nil && i <= api.MaxInt && i >= -api.MaxInt
		}
	case api.Number:
		_, ok = v.(json.Number)
	case api.Text:
		_, ok = v.(string)
	case api.Flag:
		_, ok = v.(bool)
	case api.Table:
		object(t, fields, f.Path, v)
		return
	case api.TxRx:
		object(t, []api.Field{{Path: "tx", Kind: api.Integer}, {Path: "rx", Kind: api.Integer}}, "", v)
		return
	case api.List:
		list(t, fields, f.Path+"[]", v)
		return
	}
	if !ok {
		t.Errorf("%s is %T %v, not of kind %s", f.Path, v, v, f.Kind)
	}
}

func list(t *testing.T, fields []api.Field, path string, v any) {
	t.Helper()
	elements, ok := v.([]any)
	if !ok {
		t.Errorf("%s is %T, not an array", path, v)
		return
	}
	for _, f := range fields {
		if f.Path == path {
			for _, el := range elements {
				field(t, fields, f, el)
			}
			return
		}
	}
	t.Errorf("elements %s are not declared", path)
}
