package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packageOf are the packages of the machines' tools.
var packageOf = map[string]string{
	"ip": "iproute2", "bridge": "iproute2", "nft": "nftables", "conntrack": "conntrack", "ethtool": "ethtool",
}

// toolPackages returns the packages that a board's tools are in.
func (b board) toolPackages() []string {
	var names []string
	for _, t := range b.tools {
		names = append(names, packageOf[t])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// apt is a root of apt's own: the machine's sources, and nothing installed, so
// that packages come with all they depend on.
type apt struct {
	dir   string
	board board
}

// newAPT makes the root in dir, or takes the one that is there.
func newAPT(dir string, b board) (*apt, error) {
	a := &apt{dir, b}
	for _, d := range []string{"lists/partial", "archives/partial", "none/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	return a, os.WriteFile(filepath.Join(dir, "status"), nil, 0o644)
}

// command returns one of apt's commands on the root, with archives as the folder
// of what was downloaded: commands list what is not there.
func (a *apt) command(ctx context.Context, archives, program string, args ...string) *exec.Cmd {
	settings := []string{
		"Dir::State=" + a.dir,
		"Dir::State::lists=lists",
		"Dir::State::status=" + filepath.Join(a.dir, "status"),
		"Dir::Cache=" + a.dir,
		"Dir::Cache::archives=" + archives,
		"APT::Architecture=" + a.board.debian,
		"APT::Architectures::=" + a.board.debian,
		"APT::Install-Recommends=false",
		"APT::Sandbox::User=",
		"Acquire::Languages=none",
		"Acquire::Retries=3",
	}
	var all []string
	for _, s := range settings {
		all = append(all, "-o", s)
	}
	cmd := exec.CommandContext(ctx, program, append(all, args...)...)
	cmd.Dir = filepath.Join(a.dir, archives) // where apt-get download puts files
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	return cmd
}

// run returns what a command prints, or an error with the last it had to say.
func (a *apt) run(ctx context.Context, archives, program string, args ...string) (string, error) {
	cmd := a.command(ctx, archives, program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, lines[len(lines)-1])
	}
	return string(out), nil
}

// packages are files of packages in the root's archives.
type packages struct {
	tools  []string
	kernel string
}

// fetch downloads what is not there yet. Lists of packages that are missing or
// name files which the mirror has no more are fetched anew.
func (a *apt) fetch(ctx context.Context) (packages, error) {
	p, err := a.download(ctx)
	if err == nil || ctx.Err() != nil {
		return p, err
	}
	if _, updateErr := a.run(ctx, "archives", "apt-get", "update", "-qq"); updateErr != nil {
		return packages{}, errors.Join(err, updateErr)
	}
	return a.download(ctx)
}

func (a *apt) download(ctx context.Context) (packages, error) {
	depends, err := a.run(ctx, "archives", "apt-cache", "depends", "--important", a.board.kernel)
	if err != nil {
		return packages{}, err
	}
	kernel := dependency(depends)
	if kernel == "" {
		return packages{}, fmt.Errorf("no kernel package behind %s", a.board.kernel)
	}
	install := append([]string{"install", "-y", "-qq"}, a.board.toolPackages()...)
	list, err := a.run(ctx, "none", "apt-get", append(install, "--print-uris")...)
	if err != nil {
		return packages{}, err
	}
	one, err := a.run(ctx, "none", "apt-get", "download", "-qq", "--print-uris", kernel)
	if err != nil {
		return packages{}, err
	}
	files := archiveFiles(one)
	p := packages{tools: archiveFiles(list)}
	if len(p.tools) == 0 || len(files) != 1 {
		return packages{}, fmt.Errorf("apt lists %d packages of tools and %d of the kernel", len(p.tools), len(files))
	}
	p.kernel = files[0]
	if a.complete(append(p.tools, p.kernel)) {
		return p, nil
	}
	fmt.Fprintf(os.Stderr, "guest: fetching %s, %s and what they need\n", kernel, strings.Join(a.board.toolPackages(), ", "))
	if _, err := a.run(ctx, "archives", "apt-get", append(install, "--download-only")...); err != nil {
		return packages{}, err
	}
	if _, err = a.run(ctx, "archives", "apt-get", "download", "-qq", kernel); err != nil {
		return packages{}, err
	}
	if !a.complete(append(p.tools, p.kernel)) {
		return packages{}, fmt.Errorf("apt downloaded other files than it listed; remove %s", a.dir)
	}
	return p, nil
}

// complete reports whether all files are in the archives, where apt puts them
// under these names when they are whole.
func (a *apt) complete(files []string) bool {
	for _, f := range files {
		if _, err := os.Stat(a.path(f)); err != nil {
			return false
		}
	}
	return true
}

func (a *apt) path(file string) string { return filepath.Join(a.dir, "archives", file) }

// dependency returns the first dependency that apt-cache depends prints.
func dependency(text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: "); ok {
			return name
		}
	}
	return ""
}

// archiveFiles returns the names of the files that --print-uris prints: each
// line is 'URI' NAME SIZE HASH.
func archiveFiles(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 3 && strings.HasPrefix(f[0], "'") && strings.HasSuffix(f[1], ".deb") {
			names = append(names, f[1])
		}
	}
	return names
}
