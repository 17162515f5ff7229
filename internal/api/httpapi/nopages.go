//go:build notls

package httpapi

import (
	"context"

	"weir/internal/api"
)

// maxConns bounds the connections of a door.
const maxConns = 16

// pages are left out of builds for small routers, where LuCI shows them.
type pages struct{}

func (d *door) page(*response, *request, string, string) bool { return false }

func (d *door) inSession(*request, string) bool { return false }

func (d *door) subscribe(_ context.Context, w *response, _ *request) {
	d.fail(w, &api.Error{Code: api.NotSupported, Message: "this build has no stream", Hint: "poll the method live, or use uhttpd's /ubus/subscribe"})
}
