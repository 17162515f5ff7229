package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weir/internal/jsontext"
)

const backupLong = `
All that the daemon keeps goes into FILE, - for standard output: series, flows
that ended, devices, alerts and what is used of quotas. "weir restore" takes it on
any machine, whatever its processor. FILE is there only once it is whole, and only
its owner may read it.
`

func backupCommand(fs *flag.FlagSet) action {
	var to target
	to.register(fs)
	return func(ctx context.Context, con *console, args []string) error {
		if len(args) != 1 {
			return usageError("name the file to write, - for standard output")
		}
		m, err := lookupMethod("backup")
		if err != nil {
			return err
		}
		c, err := to.client(con)
		if err != nil {
			return err
		}
		return download(ctx, con, c, transfer{method: m}, args[0])
	}
}

const restoreLong = `
FILE, which "weir backup" wrote, is joined with what the daemon keeps: of two
sums of one time the fuller one stays, and so does what only one of them has.
Quotas, alerts and notes are those of the backup. What there was before cannot be
had back, so it asks first on a terminal; elsewhere it wants --yes.
`

func restoreCommand(fs *flag.FlagSet) action {
	var to target
	to.register(fs)
	yes := fs.Bool("yes", false, "do not ask")
	return func(ctx context.Context, con *console, args []string) error {
		if len(args) != 1 {
			return usageError("name the file that was backed up")
		}
		f, size, err := openBackup(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		c, err := to.client(con)
		if err != nil {
			return err
		}
		if !*yes {
			question := fmt.Sprintf("%s (%s) is joined with what the daemon on %s keeps, for good. Go on? [y/N] ", args[0], byteText(uint64(size)), c.where)
			if ok, err := ask(con, question); err != nil || !ok {
				return err
			}
		}
		return restore(ctx, con, c, f, size)
	}
}

func openBackup(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("read the backup: %w", err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", name)
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("read the backup: %w", err)
	}
	return f, fi.Size(), nil
}

// ask reports whether somebody says yes.
func ask(con *console, question string) (bool, error) {
	if con.keyboard == nil {
		return false, usageError("nobody can be asked here; give --yes")
	}
	fmt.Fprint(con.err, con.clean(question))
	line, err := bufio.NewReader(con.in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	fmt.Fprintln(con.err, "nothing was changed")
	return false, nil
}

func restore(ctx context.Context, con *console, c *client, f *os.File, size int64) error {
	m, err := lookupMethod("restore")
	if err != nil {
		return err
	}
	in := &countingReader{r: f, progress: newProgress(nil, filepath.Base(f.Name()), size, time.Now)}
	if con.errTTY {
		in.progress.w = con.err
	}
	var reply bytes.Buffer
	err = c.transfer(ctx, transfer{method: m, body: in, size: size}, &reply)
	in.progress.clear()
	if err != nil {
		return err
	}
	r, err := jsontext.Parse(reply.Bytes())
	if err != nil {
		return fmt.Errorf("what answers on %s is not weir: %w", c.where, err)
	}
	fmt.Fprintf(con.out, "restored %s, %s of flows, %s, %s\n", plural(r.UintOf("slots"), "slot"), plural(r.UintOf("flow_blocks"), "block"),
		plural(r.UintOf("devices"), "device"), plural(r.UintOf("rows"), "row"))
	if to := r.IntOf("to"); to > 0 {
		fmt.Fprintf(con.out, "from %s to %s\n", momentText(r.IntOf("from")), momentText(to))
	}
	for lost := range r.Get("lost").Elements() {
		fmt.Fprintln(con.out, "lost: "+con.clean(lost.TextOf()))
	}
	return nil
}

// momentText returns epoch seconds in the zone of this machine.
func momentText(t int64) string { return time.Unix(t, 0).Format("2006-01-02 15:04") }

// countingReader shows how much went through.
type countingReader struct {
	r        io.Reader
	n        int64
	progress *progress
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.progress.step(c.n, 0)
	return n, err
}

const snapshotLong = `
What is new since the last snapshot goes to the folder of option snapshot_path.
The daemon does the same by its schedule, and when it stops.
`

func snapshotCommand(fs *flag.FlagSet) action {
	var to target
	to.register(fs)
	return func(ctx context.Context, con *console, args []string) error {
		if len(args) > 0 {
			return usageError(fmt.Sprintf("takes no arguments, got %q", args[0]))
		}
		c, err := to.client(con)
		if err != nil {
			return err
		}
		reply, err := c.call(ctx, "snapshot", nil)
		if err != nil {
			return unnamed("snapshot", err)
		}
		took := time.Duration(reply.FloatOf("took") * float64(time.Second))
		fmt.Fprintf(con.out, "saved %s, %s of flows, %s, %s: %s in %s\n", plural(reply.UintOf("slots"), "slot"), plural(reply.UintOf("flow_blocks"), "block"),
			plural(reply.UintOf("devices"), "device"), plural(reply.UintOf("rows"), "row"), byteText(reply.UintOf("bytes")), durationText(took))
		if left := reply.UintOf("left"); left > 0 {
			fmt.Fprintf(con.out, "%s of what is least important found no room; weir call db tells more\n", plural(left, "record"))
		}
		return nil
	}
}
