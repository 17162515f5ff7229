package house

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// TopLevel is what may stand at the top of the tree, beside files and folders
// whose names begin with a dot.
var TopLevel = []string{
	"cmd", "docs", "feeds", "internal", "luci-app", "openwrt", "store", "test", "uci",
	"LICENSE", "Makefile", "README.md", "go.mod", "go.sum",
}

// built are folders that make leaves at the top; git ignores them.
var built = []string{"bin", "dist", "tmp"}

// CheckTopLevel returns the entries of root that do not belong there, and those
// that are missing.
func CheckTopLevel(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var bad []string
	missing := slices.Clone(TopLevel)
	for _, e := range entries {
		name := e.Name()
		missing = slices.DeleteFunc(missing, func(s string) bool { return s == name })
		if !strings.HasPrefix(name, ".") && !slices.Contains(TopLevel, name) && !slices.Contains(built, name) {
			bad = append(bad, name+" does not belong at the top level")
		}
	}
	for _, name := range missing {
		bad = append(bad, name+" is missing at the top level")
	}
	return bad, nil
}

var (
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):(?:[^=]|$)`)
	makeHelp   = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):.*## \S`)
	command    = regexp.MustCompile(`(?m)^ *(?:\$ )?(make(?: +[A-Za-z0-9_=.-]+)*)\b`)
	codeBlock  = regexp.MustCompile("(?s)```[a-z]*\n(.*?)```")
)

// Targets returns the targets of a Makefile, and those among them that say what
// they are for.
func Targets(makefile string) (all, explained []string) {
	for _, m := range makeTarget.FindAllStringSubmatch(makefile, -1) {
		all = append(all, m[1])
	}
	for _, m := range makeHelp.FindAllStringSubmatch(makefile, -1) {
		explained = append(explained, m[1])
	}
	return all, explained
}

// MakeCommands returns the make commands in the code blocks of a Markdown text,
// in order.
func MakeCommands(markdown string) []string {
	var found []string
	for _, block := range codeBlock.FindAllStringSubmatch(markdown, -1) {
		for _, m := range command.FindAllStringSubmatch(block[1], -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// UnknownTargets returns the words of make commands that are neither a target
// nor a variable.
func UnknownTargets(commands, targets []string) []string {
	var bad []string
	for _, c := range commands {
		for _, word := range strings.Fields(c)[1:] {
			if !strings.Contains(word, "=") && !slices.Contains(targets, word) {
				bad = append(bad, fmt.Sprintf("%s: there is no target %s", c, word))
			}
		}
	}
	return bad
}

var markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)\s]*)?\)`)

// Links returns the files that a Markdown text links to, relative to its own.
func Links(markdown string) []string {
	var found []string
	for _, m := range markdownLink.FindAllStringSubmatch(markdown, -1) {
		if !strings.Contains(m[1], "://") {
			found = append(found, m[1])
		}
	}
	return found
}

// licences are the ones a dependency may have, by words that their texts hold.
var licences = []struct {
	name  string
	words []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0, January 2004"}},
	{"MIT", []string{"Permission is hereby granted, free of charge", "without restriction"}},
	{"BSD", []string{"Redistribution and use in source and binary forms", "Redistributions in binary form must reproduce"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}},
}

// Licence returns the name of the licence whose text it is given, or "".
func Licence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range licences {
		if !slices.ContainsFunc(l.words, func(w string) bool { return !strings.Contains(text, w) }) {
			return l.name
		}
	}
	return ""
}

// LicenceOf returns the licence of the module unpacked in dir.
func LicenceOf(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		name := strings.ToUpper(filepath.Base(f))
		if !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		if l := Licence(string(b)); l != "" {
			return l, nil
		}
	}
	return "", fmt.Errorf("%s has no licence file whose text is known", dir)
}
