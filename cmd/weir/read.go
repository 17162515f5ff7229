package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"weir/internal/dpi"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/source/pcap"
)

const readLong = `
FILE is a capture, pcap or pcapng, plain or compressed with gzip; - is standard
input. Each file gives a table of its own: the flows with most bytes first, what
the client sent and the server answered, and a summary. A flow is all that two
endpoints exchanged over the whole capture, unless timeouts are given. "app" is
the application or, where that is not known, the protocol; "host" is the name that
the client asked for, of a DNS flow the name in question.

With --json every flow is a line of JSON, written when the flow ends:

  {"pcap":"home.pcap","proto":6,"src":"192.168.1.20","sport":50123,
   "dst":"192.0.2.7","dport":443,"l7":"tls","app":"youtube",
   "category":"streaming","host":"www.youtube.com","ja4":"t13d1516h2_8daaf61...",
   "alpn":"h2","version":"TLSv1.3","pkts":[12,15],"bytes":[1830,9420]}

src is the client, l7 the protocol, pkts and bytes are what client and server sent;
bytes are IP bytes. What is not known is left out. A file that cannot be read is
named, the others are read all the same, and the exit status is 1. Ctrl-C ends the
reading and prints what there is.
`

// readOptions are the options of read.
type readOptions struct {
	json, all    bool
	byPort       bool
	maxFlows     int
	idle, active seconds
}

// errInterrupted says that what was printed is not all.
var errInterrupted = errors.New("interrupted; the flows up to there are printed")

// listed is how many flows a table shows without --all.
const listed = 50

func readCommand(fs *flag.FlagSet) action {
	var o readOptions
	fs.BoolVar(&o.json, "json", false, "print every flow as a line of JSON")
	fs.BoolVar(&o.all, "all", false, fmt.Sprintf("list every flow, not only the %d largest", listed))
	fs.BoolVar(&o.byPort, "by-port", false, "name flows by their ports alone, which is faster")
	fs.IntVar(&o.maxFlows, "max-flows", 1<<18, "`N` flows kept at once; beyond it those quiet longest end")
	fs.Var(&o.idle, "idle-timeout", "end flows after `SECONDS` without packets")
	fs.Var(&o.active, "active-timeout", "print flows that go on every `SECONDS`")
	return func(ctx context.Context, con *console, args []string) error {
		switch {
		case len(args) == 0:
			return usageError("name a capture to read, or - for standard input")
		case o.maxFlows < 1 || o.maxFlows > flow.MaxFlows:
			return usageError(fmt.Sprintf("--max-flows must be from 1 to %d, not %d", flow.MaxFlows, o.maxFlows))
		}
		return o.readAll(ctx, con, args)
	}
}

// readAll reads one capture after another and goes on where one fails.
func (o *readOptions) readAll(ctx context.Context, con *console, files []string) error {
	out := bufio.NewWriterSize(con.out, 64<<10)
	var failed error
	for i, name := range files {
		if ctx.Err() != nil {
			break
		}
		if i > 0 && !o.json {
			fmt.Fprintln(out)
		}
		err := o.readFile(ctx, con, out, name)
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write the flows: %w", err)
		}
		if err != nil {
			fmt.Fprintf(con.err, "weir read: %s: %s\n", con.clean(name), oneLine(explainRead(err)))
			failed = errReported
		}
	}
	return failed
}

// readFile prints the flows of one capture. When it fails midway, what came
// before is printed too.
func (o *readOptions) readFile(ctx context.Context, con *console, out *bufio.Writer, name string) error {
	in, size, err := openCapture(ctx, con, name)
	if err != nil {
		return err
	}
	defer in.Close()
	rd, err := pcap.NewReader(in)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	title, label := con.clean(filepath.Base(name)), filepath.Base(name)
	if name == "-" {
		title, label = "standard input", name
	}
	list := newFlowList()
	ended := func(f *flow.Flow, r *flow.Record, n engine.Named) { list.add(f, r, n.Short(), n.Host()) }
	if o.json {
		ended = jsonLines(out, label)
	}
	c := &capture{rd: rd, out: out, live: size == 0, engine: o.engine(ended)}
	var bar io.Writer
	if con.errTTY {
		bar = con.err
	}
	c.progress = newProgress(bar, title, size, time.Now)
	err = c.run(ctx)
	if !o.json {
		c.print(con, list, title, o.all)
	}
	return err
}

// engine returns an engine for one capture, which keeps flows and nothing else.
func (o *readOptions) engine(ended func(*flow.Flow, *flow.Record, engine.Named)) *engine.Engine {
	inspect := dpi.Config{Flows: o.maxFlows} // there is no hurry here to give up a flow
	if o.byPort {
		inspect.Flows = -1
	}
	return engine.New(engine.Config{
		Flows: flow.Config{
			Max: o.maxFlows, Idle: time.Duration(o.idle), Active: time.Duration(o.active), Joined: true,
		},
		Inspect:     inspect,
		NoDNS:       o.byPort,
		CaptureTime: true,
		Ended:       ended,
	})
}

// jsonLines returns what writes each record as a line.
func jsonLines(out *bufio.Writer, label string) func(*flow.Flow, *flow.Record, engine.Named) {
	return func(_ *flow.Flow, r *flow.Record, n engine.Named) {
		// Errors of a bufio.Writer stay; Flush tells.
		_, _ = out.Write(appendFlowJSON(out.AvailableBuffer(), label, r, n))
	}
}

// openCapture opens a capture and returns its size, 0 where that is not known.
// When ctx is done, a read that waits for a pipe's writer ends.
func openCapture(ctx context.Context, con *console, name string) (io.ReadCloser, int64, error) {
	f, err := openInput(con, name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	switch {
	case info.IsDir():
		f.Close()
		return nil, 0, errors.New("it is a folder; name the captures in it")
	case info.Mode().IsRegular():
		return f, info.Size(), nil
	case isTerminal(f):
		f.Close()
		return nil, 0, errors.New("it is a terminal; pipe a capture into it")
	}
	context.AfterFunc(ctx, func() { f.Close() })
	return f, 0, nil
}

func openInput(con *console, name string) (*os.File, error) {
	if name != "-" {
		return os.Open(name)
	}
	stdin, ok := con.in.(*os.File)
	if !ok {
		return nil, errors.New("there is no standard input")
	}
	info, err := stdin.Stat()
	if err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		// A pipe that was opened anew can be waited for without blocking, so
		// that closing it ends a read; an inherited one cannot.
		if f, err := os.OpenFile("/dev/stdin", os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			return f, nil
		}
	}
	return stdin, nil
}

// explainRead adds the remedy to what keeps a capture from being read.
func explainRead(err error) error {
	var link *pcap.LinkError
	var path *fs.PathError
	switch {
	case errors.As(err, &link):
		return fmt.Errorf("%w; capture on an Ethernet, cooked, raw IP or PPP interface", err)
	case errors.Is(err, pcap.ErrTruncated):
		return fmt.Errorf("%w; the flows before that are printed", err)
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// capture is one capture on its way through an engine.
type capture struct {
	rd       *pcap.Reader
	engine   *engine.Engine
	out      *bufio.Writer
	progress *progress
	live     bool // somebody may wait for the output while the input waits
	packets  uint64
}

// batchSize is how many frames go to the engine at once: enough to make its lock
// cheap, few enough that they stay in the processor's cache.
const batchSize = 256

// run hands all frames to the engine and ends all flows.
func (c *capture) run(ctx context.Context) error {
	defer c.progress.clear()
	defer c.engine.Flush()
	point, err := c.engine.Interface("capture")
	if err != nil {
		return err
	}
	var batch [batchSize]packet.Raw
	for {
		n, err := c.rd.Batch(batch[:])
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		// A capture on several interfaces is one all the same: a flow is told
		// by its ends.
		for i := range batch[:n] {
			batch[i].Iface = point
		}
		c.engine.Packets(batch[:n])
		c.packets += uint64(n)
		if c.live {
			if err := c.out.Flush(); err != nil {
				return err
			}
		}
		c.progress.step(c.rd.Offset(), c.packets)
	}
}
