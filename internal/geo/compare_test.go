package geo

import (
	"bufio"
	"flag"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"weir/internal/packet"
)

var compare = flag.Bool("compare", false, "print what lookups take and hold beside maxminddb-golang's")

// reader is one of the ways to look addresses up.
type reader struct {
	name string
	open func(country, asn, mmCountry, mmASN string) (func(netip.Addr), error)
}

var readers = []reader{
	{"nothing", func(_, _, _, _ string) (func(netip.Addr), error) { return func(netip.Addr) {}, nil }},
	{"compact form", func(c, a, _, _ string) (func(netip.Addr), error) { return usePlaces(c, a) }},
	{"compact form, mapped", useMapped},
	{"MMDB, our reader", func(_, _, c, a string) (func(netip.Addr), error) { return usePlaces(c, a) }},
	{"MMDB, maxminddb-golang", useOracle},
}

func usePlaces(country, asn string) (func(netip.Addr), error) {
	p := new(Places)
	err := p.Load(Files{Country: country, ASN: asn})
	return func(ip netip.Addr) { p.Lookup(packet.AddrOf(ip)) }, err
}

// mapped is a file in memory, read as a file.
type mapped []byte

func (m mapped) ReadAt(b []byte, off int64) (int, error) { return copy(b, m[off:]), nil }

// useMapped is the compact form out of a mapping, still through the page cache.
func useMapped(country, asn, _, _ string) (func(netip.Addr), error) {
	var tables [2]*table
	for i, path := range []string{country, asn} {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
		if err != nil {
			return nil, err
		}
		if tables[i], err = openTable(mapped(data), info.Size()); err != nil {
			return nil, err
		}
	}
	return func(ip netip.Addr) {
		s, k := numberOf(ip)
		tables[0].country(s, k)
		tables[1].asn(s, k)
	}, nil
}

func useOracle(_, _, country, asn string) (func(netip.Addr), error) {
	c, err := maxminddb.Open(country)
	if err != nil {
		return nil, err
	}
	a, err := maxminddb.Open(asn)
	if err != nil {
		return nil, err
	}
	return func(ip netip.Addr) {
		var code string
		var number uint32
		_ = c.Lookup(ip).DecodePath(&code, "country", "iso_code")
		_ = a.Lookup(ip).DecodePath(&number, "autonomous_system_number")
	}, nil
}

// TestCompare prints the figures of docs/geo.md: go test -run TestCompare -compare
// -v. Each reader runs in a process of its own, whose memory is its own.
func TestCompare(t *testing.T) {
	if which, ok := os.LookupEnv("GEO_READER"); ok {
		measure(t, which)
		return
	}
	if !*compare {
		t.Skip("SKIPPED: takes a minute; run it with -compare")
	}
	dir := t.TempDir()
	lines := truth(internet(1, fullSize4, fullSize6))
	text := iptoasn(lines)
	files := []string{
		build(t, Country, text), build(t, ASN, text),
		writeFile(t, "country.mmdb", mmdbOf(lines, 24, maxmindCountry)), writeFile(t, "asn.mmdb", mmdbOf(lines, 24, maxmindASN)),
	}
	var hosts strings.Builder
	r := rand.New(rand.NewPCG(9, 9))
	for range 20000 {
		hosts.WriteString(lines.ask(r).String() + "\n")
	}
	list := dir + "/hosts"
	if err := os.WriteFile(list, []byte(hosts.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%9d bytes %s", info.Size(), f[strings.LastIndexByte(f, '/')+1:])
	}
	for _, reader := range readers {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCompare$", "-test.v")
		cmd.Env = append(os.Environ(), "GEO_READER="+reader.name, "GEO_FILES="+strings.Join(append(files, list), ":"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", reader.name, err, out)
		}
		for line := range strings.Lines(string(out)) {
			if _, figures, ok := strings.Cut(line, "figures: "); ok {
				t.Log(strings.TrimSpace(figures))
			}
		}
	}
}

// measure looks all hosts up with one reader.
func measure(t *testing.T, which string) {
	paths := strings.Split(os.Getenv("GEO_FILES"), ":")
	f, err := os.Open(paths[4])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var hosts []netip.Addr
	for in := bufio.NewScanner(f); in.Scan(); {
		hosts = append(hosts, netip.MustParseAddr(in.Text()))
	}
	debug.FreeOSMemory()
	before, anonBefore := resident(t)
	var look func(netip.Addr)
	for _, r := range readers {
		if r.name == which {
			if look, err = r.open(paths[0], paths[1], paths[2], paths[3]); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := processorTime(t)
	for _, ip := range hosts {
		look(ip)
	}
	first := (processorTime(t) - start)
	const rounds = 10
	var mem [2]runtime.MemStats
	runtime.ReadMemStats(&mem[0])
	start = processorTime(t)
	for range rounds {
		for _, ip := range hosts {
			look(ip)
		}
	}
	any := (processorTime(t) - start) / rounds
	runtime.ReadMemStats(&mem[1])
	start = processorTime(t)
	for range rounds * len(hosts) / 64 {
		for _, ip := range hosts[:64] {
			look(ip)
		}
	}
	few := (processorTime(t) - start) / rounds
	debug.FreeOSMemory()
	after, anonAfter := resident(t)
	per := func(d time.Duration) int64 { return d.Nanoseconds() / int64(len(hosts)) }
	t.Logf("figures: %-24s any of 20,000 hosts %5d ns (first time %5d), 64 hosts %5d ns, %d allocations; resident +%d kB, anonymous +%d kB",
		which, per(any), per(first), per(few), (mem[1].Mallocs-mem[0].Mallocs)/uint64(rounds*len(hosts)), after-before, anonAfter-anonBefore)
	runtime.KeepAlive(look)
}

// processorTime returns what the process took so far, in it and in the kernel: other
// programs on the machine do not matter.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident returns what of the process is in memory, and the part without a file,
// in kB.
func resident(t *testing.T) (all, anonymous int) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	number := func(name string) (n int) {
		_, rest, _ := strings.Cut(string(data), name+":")
		for _, c := range strings.TrimSpace(rest) {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	return number("VmRSS"), number("RssAnon")
}
