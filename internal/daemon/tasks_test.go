package daemon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Every test runs in a bubble, which fails when a goroutine is left over.

func untilDone(ctx context.Context) error { <-ctx.Done(); return nil }

func TestTaskStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTasks()
		defer ts.stopAll()
		cleanedUp := false
		task := ts.start("slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			cleanedUp = true
			return nil
		})
		if !ts.has(task) || task.failed() {
			t.Error("a running task is not there, or failed")
		}
		ts.stop(task)
		if !cleanedUp {
			t.Error("stop did not wait for the task's end")
		}
		if ts.has(task) {
			t.Error("a stopped task is still there")
		}
		ts.stop(task) // a second time does nothing
		ts.stop(nil)
	})
}

func TestTaskThatEndsIsTold(t *testing.T) {
	wrong := errors.New("broken")
	for _, want := range []error{nil, wrong} {
		synctest.Test(t, func(t *testing.T) {
			ts := newTasks()
			defer ts.stopAll()
			task := ts.startSource("short", func(context.Context) error { return want })
			other := ts.start("other", untilDone)
			got := <-ts.ended
			if got != task || !got.isSource || got.name != "short" || !errors.Is(got.err, want) {
				t.Errorf("ended: %+v", got)
			}
			if task.failed() != (want != nil) || other.failed() {
				t.Errorf("failed: %v, the other one %v", task.failed(), other.failed())
			}
			if !ts.has(task) {
				t.Error("a task that ended by itself was not stopped yet")
			}
		})
	}
}

// What ends because it was stopped is not told, and the daemon need not listen.
func TestStoppedTaskIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTasks()
		defer ts.stopAll()
		task := ts.start("failing", func(ctx context.Context) error { <-ctx.Done(); return errors.New("interrupted") })
		ts.stop(task)
		synctest.Wait()
		select {
		case got := <-ts.ended:
			t.Errorf("told of %s", got.name)
		default:
		}
	})
}

func TestStopAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTasks()
		var all []*task
		for range 5 {
			all = append(all, ts.start("waiting", untilDone))
		}
		all = append(all, ts.start("ended", func(context.Context) error { return errors.New("nobody listens") }))
		synctest.Wait()
		ts.stopAll()
		for _, task := range all {
			if ts.has(task) {
				t.Errorf("%s is left", task.name)
			}
		}
	})
}
