package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// result is what the scorer found.
type result struct {
	Counts    map[string]float64
	MacroF1   float64 `json:"macro_f1"`
	Recall    float64 `json:"micro_recall"`
	Precision float64 `json:"micro_precision"`
}

// figure is a part of the result beside what nDPI 4.2 has on the same captures,
// which is the floor, and what weir is built to reach. Both are 0 where nothing is
// known or asked.
type figure struct {
	name        string
	value       func(*result) float64
	floor, goal float64
}

// figures are in percent. The floors are those of the corpus' README.
var figures = []figure{
	{"protocols, micro recall", func(r *result) float64 { return 100 * r.Recall }, 95.9, 0},
	{"protocols, micro precision", func(r *result) float64 { return 100 * r.Precision }, 0, 0},
	{"protocols, macro-F1", func(r *result) float64 { return 100 * r.MacroF1 }, 87.0, 95},
	{"where a port table is wrong", share("hard_ok", "hard"), 76.1, 95},
	{"applications by names", share("app_ok_host", "app_n_host"), 93.4, 95},
	{"hosts of TLS", share("hostok_tls", "host_tls"), 0, 99},
	{"hosts of QUIC", share("hostok_quic", "host_quic"), 92.0, 99},
	{"hosts of HTTP", share("hostok_http", "host_http"), 0, 0},
	{"hosts of DNS", share("hostok_dns", "host_dns"), 0, 0},
	{"JA4 exact", share("ja4_ok", "ja4_n"), 0, 99.5},
}

// share is how much of one of the scorer's counts another one is.
func share(part, whole string) func(*result) float64 {
	return func(r *result) float64 { return 100 * r.Counts[part] / max(1, r.Counts[whole]) }
}

// judge has the scorer judge flows and print what it finds.
func (j *job) judge(ctx context.Context, w io.Writer, dir string, flows []line) (*result, error) {
	out, aliases, found := filepath.Join(dir, "flows.jsonl"), filepath.Join(dir, "aliases.csv"), filepath.Join(dir, "result.json")
	text, err := format(flows)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{out, j.keep} {
		if name == "" {
			continue
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return nil, err
		}
	}
	if err := writeAliases(aliases, filepath.Join(j.corpus, "score", "label_map.csv")); err != nil {
		return nil, err
	}
	args := []string{
		filepath.Join(j.corpus, "score", "score.py"), "--truth", filepath.Join(j.corpus, "truth"), "--out", out,
		"--bytes", "l3", "--aliases", aliases, "--json", found, "--errors", strconv.Itoa(j.mistakes),
	}
	if j.only != "" {
		args = append(args, "--pcap", j.only)
	}
	cmd := exec.CommandContext(ctx, "python3", args...)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", args[0], err)
	}
	b, err := os.ReadFile(found)
	if err != nil {
		return nil, err
	}
	r := new(result)
	return r, json.Unmarshal(b, r)
}

// print sets the result beside nDPI's and fails where it is below.
func (r *result) print(w io.Writer) error {
	var below []error
	number := func(v float64) string {
		if v == 0 {
			return ""
		}
		return fmt.Sprintf("%.1f %%", v)
	}
	fmt.Fprintf(w, "\n%-28s %9s %9s %9s\n", "", "weir", "nDPI 4.2", "wanted")
	for _, f := range figures {
		v := f.value(r)
		note := ""
		if v < f.goal {
			note = "  short"
		}
		if v < f.floor {
			note = "  BELOW"
			below = append(below, fmt.Errorf("%s: %.1f %%, at least %.1f %%", f.name, v, f.floor))
		}
		fmt.Fprintf(w, "%-28s %9s %9s %9s%s\n", f.name, fmt.Sprintf("%.1f %%", v), number(f.floor), number(f.goal), note)
	}
	return errors.Join(below...)
}
