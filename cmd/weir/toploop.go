package main

import (
	"context"
	"errors"
	"time"
)

// topLoop joins keys, answers of the daemon, the clock and the size of the
// terminal. One question is under way at a time, so a slow daemon is not asked
// faster than it answers.
type topLoop struct {
	view    *topView
	screen  *screen
	ask     func(question) // returns at once; one answer comes later
	answers chan answer    // holds one, so that whoever asks never waits
	asking  bool           // a question is under way
	since   time.Time      // when it was asked
	again   bool           // the view changed since it was asked
}

// answer is what came of a question.
type answer struct {
	snapshot
	err error
}

// patient is how long an answer may take before the view says so.
const patient = 3 * time.Second

var errWaiting = errors.New("the daemon has not answered for a while; still waiting")

// run returns when the user quits, the terminal goes away or ctx is done.
func (l *topLoop) run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	l.refresh()
	for {
		l.draw()
		select {
		case <-ctx.Done():
			return nil
		case <-l.screen.resized:
			l.screen.redraw()
			l.refresh()
		case <-tick.C:
			if l.asking && time.Since(l.since) > patient {
				l.view.take(snapshot{}, errWaiting)
			}
			if !l.view.paused {
				l.refresh()
			}
		case a := <-l.answers:
			l.answer(a)
		case k, ok := <-l.screen.keys:
			if !ok {
				return nil
			}
			if k == keyRedraw {
				l.screen.redraw()
			}
			refresh, quit := l.view.press(k, l.visible())
			if quit {
				return nil
			}
			if refresh {
				l.refresh()
			}
		}
	}
}

// visible is how many rows the screen shows.
func (l *topLoop) visible() int {
	_, height := l.view.con.size()
	return max(height-chrome, 1)
}

// refresh asks for what the view wants to show, now or once the question under
// way is answered.
func (l *topLoop) refresh() {
	if l.asking {
		l.again = true
		return
	}
	l.asking, l.again, l.since = true, false, time.Now()
	l.ask(l.view.question(l.visible()))
}

func (l *topLoop) answer(a answer) {
	l.asking = false
	l.view.take(a.snapshot, a.err)
	if l.again {
		l.refresh()
	}
}

func (l *topLoop) draw() {
	l.screen.draw(l.view.lines(l.view.con.size()))
}
