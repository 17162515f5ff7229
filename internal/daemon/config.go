package daemon

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/uci"
)

// readable is the remedy where weir may not read.
const readable = "make it readable for the user that weir runs as"

// explain adds the remedy to an error that has one of the causes.
func explain(err error, remedy string, causes ...error) error {
	if slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) }) {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// load reads the configuration with what the command line says over it.
func (o *Options) load() (*uci.Config, []uci.Warning, error) {
	cfg, warnings, err := uci.Default(), []uci.Warning(nil), error(nil)
	if o.ConfigPath != "" {
		cfg, warnings, err = uci.LoadWith(o.ConfigPath, o.opener(systemConfig, openFile))
	}
	if err != nil {
		return nil, warnings, err
	}
	return o.Overrides.Apply(cfg), warnings, nil
}

func (d *Daemon) setLevel(cfg *uci.Config) {
	d.log.SetLevel(cfg.Main.LogLevel)
}

// hostIdle returns when remote hosts leave memory, 0 when they are to stay.
func hostIdle(cfg *uci.Config) time.Duration {
	for _, s := range cfg.Main.Sticky {
		if s == uci.ScopeRemote || s == uci.ScopeAll {
			return 0
		}
	}
	return cfg.Main.HostIdle
}
