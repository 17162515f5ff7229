package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"weir/internal/api/apitest"
	"weir/internal/api/httpapi"
)

// serveHouse answers the API of a recorded house on a socket until stop is
// called.
func serveHouse(house *apitest.House, c httpapi.Config) (stop func() error, err error) {
	s := httpapi.New(c, house.Backend())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
		return func() error { cancel(); return <-done }, nil
	case err = <-done:
	case <-time.After(10 * time.Second):
		err = errors.New("the server is not ready")
	}
	cancel()
	return nil, err
}

// testClient returns a client of a recorded house.
func testClient(t *testing.T, con *console, house *apitest.House) *client {
	t.Helper()
	socket := t.TempDir() + "/weir.sock"
	stop, err := serveHouse(house, httpapi.Config{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	con.getenv = func(string) string { return "" }
	to := target{socket: socket}
	c, err := to.client(con)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
