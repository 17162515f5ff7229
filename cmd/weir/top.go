package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const topLong = `
Draws on the whole terminal and refreshes; where standard output is no terminal,
or with -n, prints plain listings instead.

Keys: q quit, f flows, d devices, h hosts, a apps, p ports, Tab next tab, s next sort
key, r reverse, / filter by text (Esc clears it), space pause, arrows, PgUp, PgDn,
Home and End scroll. NO_COLOR is respected. With another locale than a UTF-8 one,
only ASCII is shown.

The first line tells what counts (packets, conntrack or hybrid) and how much of
what each uplink carried in the last hour is attributed to flows. Of a flow, "app"
is the application or, where that is not known, the protocol, and "host" the name
that the client asked for; of a DNS flow, the name in question. "way"
is who opened it (out: a host in the house, in, local) and whether flow offload
forwards it in software (sw) or hardware (hw); "translation" is what became of its
addresses, or what let it in. A dash is what is not known or cannot be observed;
of a rate, that nothing flows.

Bytes and rates are decimal (1 kB = 1000 B); rates are bits per second.
`

// topOptions are the options of top.
type topOptions struct {
	door
	interval seconds
	count    int
	rows     int
	tab      string
	filter   string
}

func topCommand(fs *flag.FlagSet) action {
	var o topOptions
	o.register(fs)
	o.interval = seconds(time.Second)
	fs.Var(&o.interval, "i", "`SECONDS` between two refreshes")
	fs.IntVar(&o.count, "n", 0, "`COUNT`: print so many plain listings and end")
	fs.IntVar(&o.rows, "rows", 20, "`ROWS` of a plain listing, at most 200")
	fs.StringVar(&o.tab, "tab", "flows", "`TAB` to begin with: flows, devices, hosts, apps or ports")
	fs.StringVar(&o.filter, "filter", "", "`TEXT` that the rows contain")
	return func(ctx context.Context, con *console, args []string) error {
		if len(args) > 0 {
			return usageError(fmt.Sprintf("takes no arguments, got %q", args[0]))
		}
		v, err := o.view(con)
		if err != nil {
			return err
		}
		c, err := o.client(con)
		if err != nil {
			return err
		}
		defer c.close()
		if con.screen == nil || o.count > 0 {
			return topPlain(ctx, v, c, &o)
		}
		return topLive(ctx, v, c, time.Duration(o.interval))
	}
}

// view checks the options and returns the view they ask for.
func (o *topOptions) view(con *console) (*topView, error) {
	v := newTopView(con)
	var names []string
	v.tab = -1
	for i := range v.tabs {
		names = append(names, v.tabs[i].name)
		if v.tabs[i].name == o.tab {
			v.tab = i
		}
	}
	switch {
	case v.tab < 0:
		return nil, usageError(fmt.Sprintf("there is no tab %q%s; there is: %s", o.tab, didYouMean(o.tab, names), strings.Join(names, ", ")))
	case o.interval < seconds(100*time.Millisecond):
		return nil, usageError(fmt.Sprintf("-i %v is too short; 0.1s is the shortest", &o.interval))
	case o.rows < 1 || o.rows > 200:
		return nil, usageError(fmt.Sprintf("--rows must be from 1 to 200, not %d", o.rows))
	case o.count < 0:
		return nil, usageError(fmt.Sprintf("-n must be at least 1, not %d", o.count))
	case len(o.filter) > maxFilter:
		return nil, usageError(fmt.Sprintf("--filter is longer than %d bytes", maxFilter))
	}
	v.filter = o.filter
	return v, nil
}

// refresh asks the daemon what the view wants to show.
func refresh(ctx context.Context, c *client, con *console, tab *topTab, q question) (snapshot, error) {
	reply, err := c.call(ctx, "status", nil)
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{ask: q, at: time.Now()}
	s.status = decodeStatus(reply)
	if reply, err = c.call(ctx, tab.name, q.arguments()); err != nil {
		return s, err
	}
	if s.page, err = decodePage(reply, tab.name); err != nil {
		return s, err
	}
	s.table = tab.fill(con, s.page)
	return s, nil
}

// topPlain prints listings one after another.
func topPlain(ctx context.Context, v *topView, c *client, o *topOptions) error {
	tick := time.NewTicker(time.Duration(o.interval))
	defer tick.Stop()
	for n := max(o.count, 1); ; {
		s, err := refresh(ctx, c, v.con, &v.tabs[v.tab], v.question(o.rows))
		if err != nil {
			return stopped(ctx, err)
		}
		v.take(s, nil)
		if _, err := fmt.Fprint(v.con.out, v.listing()); err != nil {
			return err
		}
		if n--; n == 0 {
			return nil
		}
		fmt.Fprintln(v.con.out)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// listing is the view as plain text, as wide as it needs to be.
func (v *topView) listing() string {
	var b strings.Builder
	for _, l := range append(v.headLines(), "") {
		b.WriteString(l + "\n")
	}
	titles, rows := v.shown.table.lines(0, "")
	b.WriteString(titles + "\n")
	for _, r := range rows {
		b.WriteString(r + "\n")
	}
	if left := int(v.shown.page.total) - len(rows); left > 0 {
		fmt.Fprintf(&b, "... and %s more %s\n", countText(uint64(left)), v.tabs[v.tab].name)
	}
	return b.String()
}

// stopped turns the error of a call into none where the user has ended it.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// topLive draws on the terminal until the user quits.
func topLive(ctx context.Context, v *topView, c *client, interval time.Duration) error {
	// A terminal that is closed, or kill -QUIT, must not leave raw mode behind.
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGHUP, syscall.SIGQUIT)
	var started sync.WaitGroup
	defer started.Wait()
	s, err := openScreen(v.con)
	if err != nil {
		cancel()
		return err
	}
	defer s.close()
	defer cancel()

	l := &topLoop{view: v, screen: s, answers: make(chan answer, 1)}
	l.ask = func(q question) {
		started.Go(func() {
			defer s.closeOnPanic()
			snap, err := refresh(ctx, c, v.con, &v.tabs[q.tab], q)
			l.answers <- answer{snap, err}
		})
	}
	started.Go(func() {
		defer s.closeOnPanic()
		s.readKeys(ctx)
	})
	return l.run(ctx, interval)
}
