package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weir/internal/openwrt"
	"weir/internal/ubus"
	"weir/uci"
)

// askTime bounds how long rpcd is asked for one file.
const askTime = 5 * time.Second

// opener returns what opens files of the configuration with open. Those of a router
// are in folder, and for root only once LuCI has changed them: without root's rights,
// rpcd is asked what they say.
func (o *Options) opener(folder string, open uci.Opener) uci.Opener {
	return func(path string) (io.ReadCloser, error) {
		f, err := open(path)
		if err == nil || !errors.Is(err, fs.ErrPermission) || filepath.Dir(path) != folder {
			return f, err
		}
		text, asked := o.askConfig(filepath.Base(path))
		if asked != nil {
			return nil, fmt.Errorf("%w; and over ubus: %w", err, asked)
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
}

func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }

// askConfig asks rpcd for a configuration, on a connection of its own: it is needed
// before there is another.
func (o *Options) askConfig(name string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	c, err := ubus.Connect(ctx, cmp.Or(o.Bus, ubus.DefaultPath))
	if err != nil {
		return "", err
	}
	defer c.Close()
	return openwrt.UCIText(ctx, c, name)
}
