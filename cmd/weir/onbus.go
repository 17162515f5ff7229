package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"syscall"

	"weir/internal/api"
	"weir/internal/api/ubusapi"
	"weir/internal/jsontext"
	"weir/internal/ubus"
)

// door says which way a command asks; its fields are options. Files do not go over
// ubus, so that only commands have it which get along without them.
type door struct {
	target
	over string
}

func (d *door) register(fs *flag.FlagSet) {
	d.target.register(fs)
	fs.StringVar(&d.over, "over", "", "`DOOR`: ubus or socket (default ubus where weir is on it)")
}

// client returns a client that asks the way that d and the environment say. It does
// not connect yet; who has it closes it.
func (d *door) client(con *console) (*client, error) {
	c, err := d.target.client(con)
	if err != nil {
		return nil, err
	}
	elsewhere := d.socket != "" || d.url != ""
	switch d.over {
	case "socket":
		if d.url != "" {
			return nil, usageError("--over socket does not go with --url")
		}
		return c, nil
	case "ubus":
		if elsewhere {
			return nil, usageError("--over ubus does not go with --socket and --url")
		}
	case "":
		if elsewhere || con.getenv("WEIR_SOCKET") != "" {
			return c, nil
		}
	default:
		return nil, usageError(fmt.Sprintf("--over %q is neither ubus nor socket", d.over))
	}
	c.bus = &onBus{path: cmp.Or(con.getenv("WEIR_UBUS"), ubus.DefaultPath), only: d.over == "ubus"}
	return c, nil
}

// errAway is what calls over ubus end with where weir is not there for us.
var errAway = errors.New("weir is not on ubus")

// onBus calls methods over ubus, all on one connection that is made when it is
// needed. It may be used from several goroutines.
type onBus struct {
	path string // of ubusd's socket
	only bool   // there is no other way

	mu     sync.Mutex
	client *ubus.Client
}

// call calls one method, like client.call. The error is errAway where it was not
// asked and may be asked another way.
func (b *onBus) call(ctx context.Context, method string, args []byte) (jsontext.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := b.connect(ctx)
	if err != nil {
		return nil, b.explain(err)
	}
	reply, err := ubusapi.Call(ctx, c, method, args)
	return reply, b.explain(err)
}

// connect returns the connection that there is, or a new one.
func (b *onBus) connect(ctx context.Context) (*ubus.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		select {
		case <-b.client.Done():
			b.client.Close()
		default:
			return b.client, nil
		}
	}
	var err error
	b.client, err = ubus.Connect(ctx, b.path)
	return b.client, err
}

func (b *onBus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		b.client.Close()
	}
}

// explain puts what kept us from an answer into the words of the other ways.
func (b *onBus) explain(err error) error {
	var failed *api.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &failed):
		return &callError{string(failed.Code), failed.Message, failed.Hint}
	case errors.Is(err, ubus.NotFound), errors.Is(err, ubus.ErrClosed), errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		if b.only {
			return fmt.Errorf("no daemon answers on ubus at %s; start it with \"weir run\", or say where it is with --socket or --url", b.path)
		}
		return errAway
	case errors.Is(err, ubus.PermissionDenied), errors.Is(err, os.ErrPermission):
		if b.only {
			return fmt.Errorf("no right to use weir on ubus at %s; run as root or as the daemon's user", b.path)
		}
		return errAway
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, ubus.Timeout):
		return fmt.Errorf("ubus at %s did not answer in time", b.path)
	}
	return fmt.Errorf("ask over ubus at %s: %w", b.path, err)
}
