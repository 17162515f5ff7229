package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/internal/nearest"
)

// parseArgs parses the options in args, which may stand before, between and
// after the arguments, and returns the arguments. What follows "--" is taken
// as arguments only. On an error the arguments before it are returned too.
func parseArgs(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return rest, explainFlag(fs, err)
		}
		left := fs.Args()
		used := len(args) - len(left)
		if used > 0 && args[used-1] == "--" {
			return append(rest, left...), nil
		}
		if len(left) == 0 {
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	return rest, nil
}

// explainFlag puts the errors of package flag into our words.
func explainFlag(fs *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		fs.VisitAll(func(f *flag.Flag) { names = append(names, dashed(f.Name)) })
		return usageError(fmt.Sprintf("unknown option %q%s", dashed(name), didYouMean(dashed(name), names)))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return usageError(fmt.Sprintf("option %s needs a value", dashed(name)))
	}
	for _, f := range []string{" for flag -", " for -"} {
		before, after, ok := strings.Cut(text, f)
		if !ok {
			continue
		}
		name, why, _ := strings.Cut(after, ": ")
		why = strings.Replace(why, "parse error", "give a "+kindOf(fs, name), 1)
		return usageError(fmt.Sprintf("%s for option %s: %s", before, dashed(name), why))
	}
	return usageError(text)
}

// kindOf says what the option name takes, where package flag reads it.
func kindOf(fs *flag.FlagSet, name string) string {
	if b, ok := fs.Lookup(name).Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
		return "boolean, true or false"
	}
	return "whole number"
}

// seconds is an option that takes a number of seconds, or a duration with units
// as "500ms" or "2m".
type seconds time.Duration

func (s *seconds) String() string { return time.Duration(*s).String() }

// Set reads text; nothing negative is accepted.
func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, e := strconv.ParseFloat(text, 64); e == nil && n >= 0 && n < 1e9 {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return errors.New("give a number of seconds, or a duration as 500ms or 2m")
	}
	*s = seconds(d)
	return nil
}

// didYouMean returns `, did you mean "x"?` for the name that is nearest to
// word, or nothing when none is near.
func didYouMean(word string, names []string) string {
	best := nearest.Name(word, names)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
