package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"weir/internal/api"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/ubus"
	"weir/test/ubusd"
	"weir/uci"
)

// profiled is a daemon that knows the phone, on the house's configuration.
func profiled(t *testing.T, extra string) (*house, *Daemon, uint32) {
	t.Helper()
	h := newHouse(t, extra)
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	t.Cleanup(d.bus.close)
	tickAt(d, begin)
	feed(t, d, begin, phoneMAC, "192.168.1.20", 53, 3)
	d.relocate()
	rows, n := d.engine.Devices(engine.Filter{MAC: phoneMAC.String()}, engine.Page{Limit: 1})
	if n != 1 {
		t.Fatalf("%d devices", n)
	}
	return h, d, rows[0].ID
}

func (h *house) text(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(h.path("config"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestProfileInTheFile changes the configuration file, keeping what else stands in
// it, and has it in force at once.
func TestProfileInTheFile(t *testing.T) {
	const comment = "# ours\nconfig pool 'kids'\n\toption name 'Children'\n"
	h, d, id := profiled(t, comment)
	if err := os.Chmod(h.path("config"), 0o640); err != nil {
		t.Fatal(err)
	}
	before := h.text(t)
	name, kind, pool, none, yes := "Anna's phone", "phone", "Children", "", true
	if err := d.SetProfile(t.Context(), id, api.ProfileChange{Name: &none, Pool: &none}); err != nil || h.text(t) != before {
		t.Errorf("nothing was said and written down: %v", err)
	}
	if err := d.SetProfile(t.Context(), id, api.ProfileChange{Name: &name, Type: &kind, Pool: &pool, Private: &yes}); err != nil {
		t.Fatal(err)
	}
	want := before + "\nconfig device\n\toption name 'Anna'\\''s phone'\n\toption type 'phone'\n\toption pool 'kids'\n\toption private '1'\n\tlist mac '02:00:00:00:01:01'\n"
	if got := h.text(t); got != want {
		t.Errorf("the file is\n%s", got)
	}
	if info, err := os.Stat(h.path("config")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	row, _ := d.engine.Device(id)
	if p := d.Profile(&row); row.Name != name || row.NameBy != "user" || row.Type != device.Phone || row.Pool != "Children" || p.Icon != "phone" || !p.Private {
		t.Errorf("%+v, %+v", row, p)
	}
	if err := d.SetProfile(t.Context(), id, api.ProfileChange{Name: &none, Pool: &none}); err != nil {
		t.Fatal(err)
	}
	if got := h.text(t); strings.Contains(got, "Anna") || !strings.Contains(got, "# ours") {
		t.Errorf("the file is\n%s", got)
	}
	if row, _ := d.engine.Device(id); row.Name != "" || row.Pool != "" {
		t.Errorf("%+v", row)
	}
	if left, _ := os.ReadDir(h.dir); len(left) > 6 {
		t.Errorf("left behind: %v", left)
	}
}

// TestProfileThatCannotBe says what is wrong and changes nothing.
func TestProfileThatCannotBe(t *testing.T) {
	h, d, id := profiled(t, "")
	before := h.text(t)
	bad, good := "two\nlines", "Phone"
	tests := []struct {
		name string
		do   func() error
		code api.Code
		text string
	}{
		{"no name", func() error { return d.SetProfile(t.Context(), id, api.ProfileChange{Name: &bad}) }, api.InvalidArgument, "control character"},
		{"no file", func() error {
			path := d.opt.ConfigPath
			defer func() { d.opt.ConfigPath = path }()
			d.opt.ConfigPath = ""
			return d.SetProfile(t.Context(), id, api.ProfileChange{Name: &good})
		}, api.NotSupported, "without a configuration"},
		{"read-only", func() error { return writeError("weir", fmt.Errorf("rename: %w", syscall.EROFS)) }, api.NotSupported, "file system is read-only"},
		{"not ours", func() error { return writeError("weir", fmt.Errorf("open: %w", fs.ErrPermission)) }, api.PermissionDenied, "cannot be changed"},
		{"not for us", func() error {
			return writeError("weir", &ubus.Error{Object: "uci", Method: "set", Status: ubus.PermissionDenied})
		}, api.PermissionDenied, "cannot be changed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			e := new(api.Error)
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Message, tt.text) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := d.SetProfile(t.Context(), 12345, api.ProfileChange{Name: &good}); !errors.Is(err, device.ErrNoDevice) {
		t.Errorf("of nobody: %v", err)
	}
	if h.text(t) != before {
		t.Errorf("the file is\n%s", h.text(t))
	}
}

// rpcd is the object uci of a bus: what is set waits until it is committed.
type rpcd struct {
	path string

	mu      sync.Mutex
	waiting *uci.Package
	denied  bool
}

func (r *rpcd) read() *uci.Package {
	f, err := os.Open(r.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	p, _ := uci.ParsePackage(f, "config")
	for i := range p.Sections {
		if p.Sections[i].Name == "" {
			p.Sections[i].Name = fmt.Sprintf("cfg%02d", i)
		}
	}
	return p
}

func (r *rpcd) answer(_ context.Context, q *ubus.Request) (ubus.Msg, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = r.read()
	}
	switch q.Method {
	case "get":
		return r.get(), nil
	case "add":
		r.waiting.Sections = append(r.waiting.Sections, uci.Section{Type: q.Args.Text("type"), Name: "cfgnew"})
		r.set(&r.waiting.Sections[len(r.waiting.Sections)-1], q.Args.Msg("values"))
		return ubus.AppendString(nil, "section", "cfgnew"), nil
	case "set":
		for i := range r.waiting.Sections {
			if r.waiting.Sections[i].Name == q.Args.Text("section") {
				r.set(&r.waiting.Sections[i], q.Args.Msg("values"))
			}
		}
	case "commit":
		if r.denied {
			return nil, ubus.PermissionDenied
		}
		err := os.WriteFile(r.path, r.waiting.AppendText(nil), 0o644)
		r.waiting = nil
		return nil, err
	}
	return nil, nil
}

func (r *rpcd) get() ubus.Msg {
	m, values := ubus.OpenTable(nil, "values")
	for _, s := range r.waiting.Sections {
		var section, list int
		m, section = ubus.OpenTable(m, s.Name)
		m = ubus.AppendString(ubus.AppendString(m, ".type", s.Type), ".name", s.Name)
		for _, o := range s.Options {
			if !o.List {
				m = ubus.AppendString(m, o.Name, o.Values[0].Text)
				continue
			}
			m, list = ubus.OpenArray(m, o.Name)
			for _, v := range o.Values {
				m = ubus.AppendString(m, "", v.Text)
			}
			m = ubus.Close(m, list)
		}
		m = ubus.Close(m, section)
	}
	return ubus.Close(m, values)
}

func (r *rpcd) set(s *uci.Section, values ubus.Msg) {
	for f, rest, ok := values.Next(); ok; f, rest, ok = rest.Next() {
		o := uci.Option{Name: string(f.Name), List: f.Type == ubus.TypeArray}
		if !o.List {
			o.Values = []uci.Value{{Text: f.Text()}}
		} else {
			for v, left, ok := f.Msg().Next(); ok; v, left, ok = left.Next() {
				o.Values = append(o.Values, uci.Value{Text: v.Text()})
			}
		}
		if have := s.Option(o.Name); have != nil {
			*have = o
		} else {
			s.Options = append(s.Options, o)
		}
	}
}

// TestProfileOverTheBus goes by way of rpcd where that keeps the configuration.
func TestProfileOverTheBus(t *testing.T) {
	bus := ubusd.New(t)
	h, d, id := profiled(t, "config device\n\tlist mac '02:00:00:00:01:02'\n")
	d.bus.path, d.uciFolder = bus.Path, h.dir
	r := &rpcd{path: h.path("config")}
	o := &ubus.Object{Path: "uci"}
	for _, name := range []string{"get", "set", "add", "commit"} {
		o.Methods = append(o.Methods, ubus.Method{Name: name, Handle: r.answer, Unchecked: true})
	}
	if err := h.onBus(t, bus).Publish(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	name, other, yes := "Phone", "Anna's", true
	for _, c := range []api.ProfileChange{{Name: &name}, {Name: &other, Private: &yes}} {
		if err := d.SetProfile(t.Context(), id, c); err != nil {
			t.Fatal(err)
		}
		if row, _ := d.engine.Device(id); row.Name != *c.Name {
			t.Errorf("%+v", row)
		}
	}
	if got := h.text(t); !strings.Contains(got, "config device 'cfgnew'\n\toption name 'Anna'\\''s'\n\tlist mac '02:00:00:00:01:01'\n\toption private '1'\n") {
		t.Errorf("the file is\n%s", got)
	}
	r.denied = true
	err := d.SetProfile(t.Context(), id, api.ProfileChange{Name: &name})
	if e := new(api.Error); !errors.As(err, &e) || e.Code != api.PermissionDenied || !strings.Contains(e.Hint, "LuCI") {
		t.Errorf("got %v", err)
	}
}
