package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
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
FILE, which "weir backup" wrote, takes the place of all that the daemon keeps:
what was counted since the backup is lost. On a terminal it asks first; elsewhere
it wants --yes.
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
			question := fmt.Sprintf("%s (%s) takes the place of all that the daemon on %s keeps. Go on? [y/N] ", args[0], byteText(uint64(size)), c.where)
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

// restored is the reply of the method restore.
type restored struct {
	Slots      uint64   `json:"slots"`
	Devices    uint64   `json:"devices"`
	Rows       uint64   `json:"rows"`
	FlowBlocks uint64   `json:"flow_blocks"`
	From       int64    `json:"from"`
	To         int64    `json:"to"`
	Lost       []string `json:"lost"`
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
	var r restored
	if err := json.Unmarshal(reply.Bytes(), &r); err != nil {
		return fmt.Errorf("what answers on %s is not weir: %w", c.where, err)
	}
	fmt.Fprintf(con.out, "restored %s, %s of flows, %s, %s\n", plural(r.Slots, "slot"), plural(r.FlowBlocks, "block"), plural(r.Devices, "device"), plural(r.Rows, "row"))
	if r.To > 0 {
		fmt.Fprintf(con.out, "from %s to %s\n", momentText(r.From), momentText(r.To))
	}
	for _, text := range r.Lost {
		fmt.Fprintln(con.out, "lost: "+con.clean(text))
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
		reply, err := c.call(ctx, "snapshot", struct{}{})
		if err != nil {
			return unnamed("snapshot", err)
		}
		var saved struct {
			Slots, Devices, Rows, Bytes, Left uint64

			FlowBlocks uint64  `json:"flow_blocks"`
			Took       float64 `json:"took"`
		}
		if err := json.Unmarshal(reply, &saved); err != nil {
			return fmt.Errorf("what answers on %s is not weir: %w", c.where, err)
		}
		fmt.Fprintf(con.out, "saved %s, %s of flows, %s, %s: %s in %s\n", plural(saved.Slots, "slot"), plural(saved.FlowBlocks, "block"),
			plural(saved.Devices, "device"), plural(saved.Rows, "row"), byteText(saved.Bytes), durationText(time.Duration(saved.Took*float64(time.Second))))
		if saved.Left > 0 {
			fmt.Fprintf(con.out, "%s of what is least important found no room; weir call db tells more\n", plural(saved.Left, "record"))
		}
		return nil
	}
}
