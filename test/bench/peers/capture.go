package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"weir/test/home"
)

// traffic is the capture that both programs read.
type traffic struct {
	path    string
	packets int
	origin  string
}

const (
	replicas = "25"  // of the real captures, each with hosts of its own
	seconds  = "130" // that they are spread over
	homes    = 40
)

// capture returns the capture, making it when it is not there yet.
func capture(ctx context.Context) (traffic, error) {
	dir := filepath.Join(os.TempDir(), "weir-bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return traffic{}, err
	}
	mixer, pcaps := filepath.Join("..", "shared", "rigs", "mixpcap.py"), filepath.Join("..", "shared", "corpus", "pcap")
	t := traffic{path: filepath.Join(dir, "corpus.pcap"), origin: "real captures of the corpus, " + replicas + " replicas"}
	build := func(path string) error { return mix(ctx, mixer, pcaps, path) }
	if !exists(mixer) || !exists(pcaps) {
		t = traffic{path: filepath.Join(dir, "homes.pcap"), origin: fmt.Sprintf("%d generated households (the corpus is not here)", homes)}
		build = households
	}
	if !exists(t.path) {
		fmt.Printf("making %s, once\n", t.path)
		part := t.path + ".part"
		if err := build(part); err != nil {
			return t, err
		}
		if err := os.Rename(part, t.path); err != nil {
			return t, err
		}
	}
	var err error
	t.packets, err = countPackets(t.path)
	return t, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// mix merges the corpus with the script that stands beside it.
func mix(ctx context.Context, mixer, pcaps, path string) error {
	for _, need := range []struct{ command, pkg string }{{"python3", "python3"}, {"editcap", "wireshark-common"}} {
		if _, err := exec.LookPath(need.command); err != nil {
			return fmt.Errorf("%s is not installed; as root: apt-get install %s", need.command, need.pkg)
		}
	}
	cmd := exec.CommandContext(ctx, "python3", mixer, path, replicas, seconds)
	cmd.Env = append(os.Environ(), "PCAPS="+pcaps)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", mixer, err, out)
	}
	return nil
}

// households merges generated homes, each with a network of its own.
func households(path string) error {
	var all [][]home.Frame
	for i := range homes {
		all = append(all, home.Generate(1, byte(1+i)))
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := home.Write(w, home.Merge(all...)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// countPackets counts the records of a little-endian pcap file.
func countPackets(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	if _, err := r.Discard(24); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	for n := 0; ; n++ {
		var header [16]byte
		if _, err := io.ReadFull(r, header[:]); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, fmt.Errorf("%s: packet %d: %w", path, n, err)
		}
		if _, err := r.Discard(int(binary.LittleEndian.Uint32(header[8:]))); err != nil {
			return n, fmt.Errorf("%s: packet %d: %w", path, n, err)
		}
	}
}
