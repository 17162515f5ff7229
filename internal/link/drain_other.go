//go:build !linux

package link

import "errors"

// drain is of no use where there is no netlink: Open has failed.
func (w *Watcher) drain() error { return errors.ErrUnsupported }
