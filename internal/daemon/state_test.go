package daemon

import (
	"errors"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/link"
	"weir/store"
	"weir/uci"
)

func TestCheckConfig(t *testing.T) {
	d := &Daemon{opt: newHouse(t, "config alert 'new_device'\n\toption severity 'info'\n").opt}
	tests := []struct {
		name, text string
		want       []api.Problem // each message is a part of the real one
	}{
		{"the file", "", []api.Problem{{Section: "alert 'new_device'", Warning: true, Message: "not supported by this version"}}},
		{"good", "config weir main\n", nil},
		{"two errors", "config weir main\n\toption snaplen many\n\toption nonsense 1\n", []api.Problem{
			{Section: "weir 'main'", Option: "snaplen", Message: "text:2: "},
			{Section: "weir 'main'", Option: "nonsense", Message: "text:3: "},
		}},
		{"an application that cannot be taken", "config application 'mine'\n\tlist domain 'example.org'\nconfig application 'yours'\n\tlist domain 'example.org'\n", []api.Problem{
			{Section: "application 'yours'", Warning: true, Message: `domain example.org is that of "mine" already; it is left out`},
		}},
		{"no configuration at all", "Dear Anna,\n", []api.Problem{{Message: "text:1: "}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := d.CheckConfig(t.Context(), tt.text)
			if len(got) != len(tt.want) {
				t.Fatalf("%+v", got)
			}
			for i, want := range tt.want {
				message := got[i].Message
				got[i].Message = want.Message
				if got[i] != want || !strings.Contains(message, want.Message) {
					t.Errorf("%+v %q, want %+v", got[i], message, want)
				}
			}
		})
	}
	d.opt.ConfigPath = "/nonexistent/weir"
	if got := d.CheckConfig(t.Context(), ""); len(got) != 1 || got[0].Warning || !strings.Contains(got[0].Message, "/nonexistent/weir") {
		t.Errorf("a file that is missing: %+v", got)
	}
}

func TestConfigInForce(t *testing.T) {
	h := newHouse(t, "config store 'store'\n\toption flow_days '9'\n")
	d := h.daemon(t)
	if got := string(d.Config()); !strings.Contains(got, "\toption flow_days '9'\n") || !strings.Contains(got, "\toption max_flows '8192'\n") {
		t.Errorf("the configuration in force is %q", got)
	}
}

func TestWaiting(t *testing.T) {
	if got := waiting(store.Status{Err: errors.New("full")}); got != "history waits in memory" {
		t.Error(got)
	}
	if got := waiting(store.Status{Err: errors.New("full"), Dropped: 3}); got != "history waits in memory, 3 slots of it are lost" {
		t.Error(got)
	}
}

func TestState(t *testing.T) {
	h := newHouse(t, "")
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	tickAt(d, begin)
	d.problems = []api.Problem{{Message: "one"}}
	d.apiProblems = []api.Problem{{Message: "two"}}
	f := &facts{software: true, tables: []link.Flowtable{{Table: "fw4", Name: "ft", Devices: []string{"lan1"}, Counter: true}}}
	d.adopt(f, choice{mode: uci.ModeHybrid, why: "it suits", problems: []api.Problem{{Message: "three"}}}, true)
	s := d.State()
	switch {
	case s.Version != "test", s.ConfigPath != h.path("config"), s.Started.IsZero(), s.Mode != "hybrid", s.ModeWhy != "it suits":
		t.Errorf("%+v", s)
	case s.DB.Path != h.path("db/weir.db"), s.DB.FS == "", s.DB.Bytes == 0, s.DB.Err != "":
		t.Errorf("database: %+v", s.DB)
	case s.Memory.RSS == 0, s.Memory.Heap == 0, s.CPU == 0:
		t.Errorf("process: %+v, %v", s.Memory, s.CPU)
	case !s.Offload.Software, s.Offload.Hardware, len(s.Offload.Flowtables) != 1, !s.Offload.Flowtables[0].Counter:
		t.Errorf("offload: %+v", s.Offload)
	case len(s.Problems) != 3:
		t.Errorf("problems: %+v", s.Problems)
	}
	s.Problems[0].Message = "changed"
	if d.problems[0].Message != "one" {
		t.Error("the state is not the caller's own")
	}
}
