package daemon

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
)

// systemd hears when weir is ready, reloads, lives and stops (sd_notify(3)).
func TestNotify(t *testing.T) {
	s := newSite(t, "")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hear := func() string {
		t.Helper()
		b := make([]byte, 256)
		conn.SetReadDeadline(time.Now().Add(ask.Patience))
		n, err := conn.Read(b)
		if err != nil {
			t.Fatalf("systemd hears nothing: %v", err)
		}
		said, since, _ := strings.Cut(string(b[:n]), "\nMONOTONIC_USEC=")
		if (said == "RELOADING=1") != (since != "") {
			t.Errorf("%q since %q: only a reload says since when", said, since)
		}
		return said
	}
	// expect skips signs of life, which come in between.
	expect := func(want string) {
		t.Helper()
		got := hear()
		for got == "WATCHDOG=1" && want != got {
			got = hear()
		}
		if got != want {
			t.Fatalf("systemd hears %q, want %q", got, want)
		}
	}
	cmd := exec.Command(program, "run", s.path("config"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+s.path("notify"), "WATCHDOG_USEC=3000000")
	p := s.start(t, cmd)
	expect("READY=1")
	if _, err := s.get("status", nil); err != nil {
		t.Errorf("it says that it is ready, but: %v", err)
	}
	begin := time.Now()
	expect("WATCHDOG=1")
	expect("WATCHDOG=1")
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("two signs of life took %v", took)
	}
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	expect("RELOADING=1")
	expect("READY=1")
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	expect("STOPPING=1")
	if err := p.wait(); err != nil {
		t.Error(err)
	}
}

// Sockets that systemd opened are served, also after a reload, and outlive weir.
func TestActivation(t *testing.T) {
	s := newSite(t, "")
	unix, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.path("passed"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close()
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	var files []*os.File
	for _, l := range []interface{ File() (*os.File, error) }{unix, tcp} {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	cmd := exec.Command(os.Args[0], program, "run", s.path("config"))
	cmd.Env = append(os.Environ(), envShim+"=1", "LISTEN_FDS=2")
	cmd.ExtraFiles = files
	p := s.start(t, cmd)

	served := func() bool {
		_, err := ask.Get(s.path("passed"), "status", nil)
		return err == nil
	}
	tcpServed := func() bool {
		r, err := http.Get("http://" + tcp.Addr().String() + "/api/v1/status")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusUnauthorized // without the token
	}
	ask.Until(t, "the passed socket answers", served)
	ask.Until(t, "the passed port answers", tcpServed)
	if _, err := os.Stat(s.path("sock")); !os.IsNotExist(err) {
		t.Errorf("the configured socket was opened beside the passed one: %v", err)
	}

	s.configure(t, "config api 'api'\n\tlist host 'router.lan'\n")
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ask.Until(t, "the API is restarted", func() bool { return strings.Count(p.log.String(), "serving the API") == 4 })
	ask.Until(t, "the passed socket answers after a reload", served)
	ask.Until(t, "the passed port answers after a reload", tcpServed)
	if status, err := ask.Get(s.path("passed"), "status", nil); err != nil || ask.At(status, "config.valid") != true {
		t.Errorf("%v, %v", ask.At(status, "config"), err)
	}

	p.stop(t)
	c, err := net.Dial("unix", s.path("passed"))
	if err != nil {
		t.Errorf("the passed socket is gone with weir: %v", err)
	} else {
		c.Close()
	}
}

// The router's folder of configuration, which may be read-only; SIGHUP reads it
// again.
func TestConfigurationFolder(t *testing.T) {
	s := newSite(t, "config weir 'main'\n\tlist interface 'lan'\n")
	etc := s.path("etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path("config"), etc+"/weir"); err != nil {
		t.Fatal(err)
	}
	network := func(device string) {
		t.Helper()
		os.Chmod(etc, 0o755)
		os.Remove(etc + "/network")
		if err := os.WriteFile(etc+"/network", []byte("config interface 'lan'\n\toption device '"+device+"'\n"), 0o444); err != nil {
			t.Fatal(err)
		}
		os.Chmod(etc, 0o555)
	}
	t.Cleanup(func() { os.Chmod(etc, 0o755) }) // so that it can be deleted
	network("weirtest0")
	p := s.start(t, exec.Command(program, "run", etc)).ready(t)
	if name := text(s.call(t, "sources", nil), "sources.0.name"); name != "weirtest0" {
		t.Errorf("lan is captured on %q", name)
	}
	network("weirtest1")
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ask.Until(t, "the new device is captured", func() bool {
		return text(s.call(t, "sources", nil), "sources.0.name") == "weirtest1"
	})
	p.stop(t)
	if !strings.Contains(p.log.String(), "changed=[router]") {
		t.Error("the log does not say that the router's files changed")
	}
}
