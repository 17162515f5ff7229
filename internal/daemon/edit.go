package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"weir/internal/api"
	"weir/internal/openwrt"
	"weir/internal/ubus"
	"weir/uci"
)

// systemConfig is where OpenWrt has its configuration: what stands there is changed
// over ubus, so that LuCI and others learn of it.
const systemConfig = "/etc/config"

// edit writes a change into weir's configuration.
func (d *Daemon) edit(ctx context.Context, c *uci.DeviceChange) error {
	d.editing.Lock()
	defer d.editing.Unlock()
	path, err := d.configFile()
	if err != nil {
		return err
	}
	if filepath.Dir(path) == d.uciFolder && d.bus.reachable(ctx) {
		err = d.editOverBus(ctx, filepath.Base(path), c)
	} else {
		err = editFile(path, c)
	}
	if errors.Is(err, ubus.NotFound) || errors.Is(err, ubus.ErrClosed) { // a bus without rpcd
		err = editFile(path, c)
	}
	return writeError(path, err)
}

// configFile returns weir's own configuration file.
func (d *Daemon) configFile() (string, error) {
	path := d.opt.ConfigPath
	info, err := os.Stat(path)
	switch {
	case path == "":
		return "", &api.Error{Code: api.NotSupported, Message: "weir runs without a configuration that could be changed", Hint: "start it with one, see weir help run"}
	case err != nil:
		return "", err
	case info.IsDir():
		path = filepath.Join(path, "weir")
	}
	return filepath.EvalSymlinks(path)
}

// writeError explains why a configuration cannot be changed.
func writeError(path string, err error) error {
	what := "the configuration " + path + " cannot be changed: "
	switch {
	case errors.Is(err, syscall.EROFS):
		return &api.Error{Code: api.NotSupported, Message: what + "its file system is read-only", Hint: "write a section device into it where it comes from"}
	case errors.Is(err, fs.ErrPermission):
		return &api.Error{Code: api.PermissionDenied, Message: what + err.Error(), Hint: "let the user that weir runs as write into its folder, or write a section device yourself"}
	case errors.Is(err, ubus.PermissionDenied):
		return &api.Error{Code: api.PermissionDenied, Message: what + err.Error(), Hint: "apply or revert the changes that wait in LuCI, and see that weir's user may write UCI over ubus"}
	}
	return err
}

// editOverBus changes the configuration called name by way of rpcd.
func (d *Daemon) editOverBus(ctx context.Context, name string, c *uci.DeviceChange) error {
	sections, err := openwrt.UCISections(ctx, &d.bus, name, "")
	if err != nil {
		return err
	}
	e := c.In(packageOf(name, sections))
	if err := checked(&e); err != nil || nothing(&e) {
		return err
	}
	if e.Index >= 0 {
		err = openwrt.SetUCI(ctx, &d.bus, name, sections[e.Index].Name, optionsOf(&e)...)
	} else {
		_, err = openwrt.AddUCISection(ctx, &d.bus, name, e.Type, "", optionsOf(&e)...)
	}
	if err != nil {
		return err
	}
	return openwrt.CommitUCI(ctx, &d.bus, name)
}

// packageOf turns what rpcd tells into what package uci edits.
func packageOf(name string, sections []openwrt.UCISection) *uci.Package {
	p := &uci.Package{Name: name}
	for _, s := range sections {
		out := uci.Section{Type: s.Type, Name: s.Name}
		for _, o := range s.Options {
			option := uci.Option{Name: o.Name, List: o.List}
			for _, v := range o.Values {
				option.Values = append(option.Values, uci.Value{Text: v})
			}
			out.Options = append(out.Options, option)
		}
		p.Sections = append(p.Sections, out)
	}
	return p
}

func optionsOf(e *uci.Edit) []openwrt.UCIOption {
	var all []openwrt.UCIOption
	for _, o := range e.Options {
		option := openwrt.UCIOption{Name: o.Name, List: o.List}
		for _, v := range o.Values {
			option.Values = append(option.Values, v.Text)
		}
		all = append(all, option)
	}
	return all
}

// checked returns what is wrong with the values of an edit.
func checked(e *uci.Edit) error {
	if err := e.Check(); err != nil {
		return &api.Error{Code: api.InvalidArgument, Message: err.Error()}
	}
	return nil
}

// nothing reports whether an edit would make a section that says nothing.
func nothing(e *uci.Edit) bool {
	return e.Index < 0 && !slices.ContainsFunc(e.Options, func(o uci.Option) bool { return !o.List && o.Values[0].Text != "" })
}

// editFile changes a file: a new one with the same rights takes its place.
func editFile(path string, c *uci.DeviceChange) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	p, err := uci.ParsePackage(bytes.NewReader(text), path)
	if err != nil {
		return err
	}
	e := c.In(p)
	if err := checked(&e); err != nil || nothing(&e) {
		return err
	}
	changed, err := e.Apply(text, p)
	if err != nil {
		return err
	}
	if _, _, err := uci.Parse(bytes.NewReader(changed), path); err != nil {
		return &api.Error{Code: api.InvalidArgument, Message: err.Error(), Hint: "mend the configuration first"}
	}
	return replaceFile(path, changed)
}

// replaceFile writes a file as a whole or not at all. What is unfinished has a name
// that uci does not read.
func replaceFile(path string, text []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	unfinished := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	f, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(info.Mode().Perm()) // whatever the umask is
	}
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(unfinished, path)
	}
	if err != nil {
		os.Remove(unfinished)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
