package ubus

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestProgramUbus(t *testing.T) {
	bus := startBus(t)
	program := bus.Program(t)
	server := bus.connect(t)
	publish(t, server, &Object{Path: "weir", Methods: []Method{
		{Name: "flows", Args: []Arg{{"count", TypeInt32}, {"filter", TypeString}, {"all", TypeBool}, {"ids", TypeArray}, {"x", TypeDouble}, {"t", TypeTable}}, Handle: echo},
	}})
	for _, tt := range []struct{ name, args, want string }{
		{"list", "list", "weir"},
		{"signature", "-v list weir", `"flows":{"count":"Integer","filter":"String","all":"Boolean","ids":"Array","x":"(unknown)","t":"Table"}`},
		{"call", `-S call weir flows {"count":5,"filter":"ü\"x","all":true,"ids":[1,-2,99999999999],"x":1.5,"t":{"a":{}}}`,
			`{"count":5,"filter":"ü\"x","all":true,"ids":[1,-2,99999999999],"x":1.500000,"t":{"a":{}}}`},
		{"no arguments", "-S call weir flows", "{}"},
		{"wrong type", `call weir flows {"count":"x"}`, "Invalid argument"},
		{"no method", "call weir none", "Method not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, _ := exec.Command(program, append([]string{"-s", bus.Path}, strings.Fields(tt.args)...)...).CombinedOutput()
			if !strings.Contains(string(out), tt.want) {
				t.Errorf("ubus %s says\n%s\nwithout %s", tt.args, out, tt.want)
			}
		})
	}
}

func TestProgramUbusHearsUs(t *testing.T) {
	bus := startBus(t)
	program := bus.Program(t)
	server := bus.connect(t)
	o := publish(t, server, &Object{Path: "weir"})
	hear := func(args ...string) func() string {
		cmd := exec.Command(program, append([]string{"-s", bus.Path, "-S"}, args...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		lines := bufio.NewScanner(out)
		return func() string { lines.Scan(); return lines.Text() }
	}
	line := hear("subscribe", "weir")
	eventually(t, "ubus did not subscribe", o.HasSubscribers)
	if err := o.Notify("live", AppendInt(nil, "n", 5)); err != nil {
		t.Error(err)
	}
	if got, want := line(), `{ "live": {"n":5} }`; got != want {
		t.Errorf("subscribe heard %s, want %s", got, want)
	}
	line = hear("listen", "weir.*")
	stop := make(chan struct{})
	go func() { // until it listens
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				server.Send(t.Context(), "weir.clock", AppendString(nil, "is", "trusted"))
			}
		}
	}()
	if got, want := line(), `{ "weir.clock": {"is":"trusted"} }`; got != want {
		t.Errorf("listen heard %s, want %s", got, want)
	}
	close(stop)
}

func TestProgramUbusIsHeard(t *testing.T) {
	bus := startBus(t)
	program := bus.Program(t)
	feed, err := bus.connect(t).Listen(t.Context(), "hotplug.*")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-s", bus.Path, "send", "hotplug.iface", `{"action":"ifup","n":[1]}`).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if e := receive(t, feed); e.Name != "hotplug.iface" || string(AppendJSON(nil, e.Data)) != `{"action":"ifup","n":[1]}` {
		t.Errorf("heard %s %s", e.Name, AppendJSON(nil, e.Data))
	}
}
