package pcap

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"weir/internal/packet"
	"weir/test/corpus"
)

// readAll reads a capture to its end and returns how many frames it delivered
// and why it ended.
func readAll(r io.Reader) (frames int, rd *Reader, err error) {
	rd, err = NewReader(r)
	if err != nil {
		return 0, nil, err
	}
	var dst [64]packet.Raw
	for {
		n, err := rd.Batch(dst[:])
		frames += n
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return frames, rd, err
		}
	}
}

// manifest reads a manifest.csv of the corpus into a map per row.
func manifest(t *testing.T, elem ...string) []map[string]string {
	t.Helper()
	f, err := os.Open(corpus.Path(t, append(elem, "manifest.csv")...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range all[1:] {
		row := map[string]string{}
		for i, head := range all[0] {
			row[head] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func zip(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&b)
		if _, err := z.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestFormatsCorpus(t *testing.T) {
	// What is not read, and how it is refused; all other files must give the
	// packet count of the manifest.
	refused := map[string]string{
		"pcapplusplus__microsecs_big_endian.pcap":                 "link type 253 (netlink) is not supported",
		"pcapplusplus__file_heuristics_pcapng-example.pcapng.zst": "not a capture file (pcap or pcapng expected): it is zstd compressed: decompress it first",
		"pcapparser__assets_err-eof.bin":                          "not a capture file (pcap or pcapng expected)",
		"arkime__pcap_80211http.pcap":                             "link type 127 (ieee-802.11-radiotap) is not supported",
		"zeek__radiotap.pcap":                                     "link type 127 (ieee-802.11-radiotap) is not supported",
		"pcapplusplus__solaris.snoop":                             "not a capture file (pcap or pcapng expected): it is a snoop capture: convert it with editcap",
	}
	for _, row := range manifest(t, "formats") {
		t.Run(row["file"], func(t *testing.T) {
			data, err := os.ReadFile(corpus.Path(t, "formats", row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range []struct {
				name string
				data []byte
			}{{"plain", data}, {"gzip", zip(t, data)}, {"two gzip members", zip(t, data[:len(data)/2], data[len(data)/2:])}} {
				n, rd, err := readAll(bytes.NewReader(form.data))
				var skipped uint64
				if rd != nil {
					skipped = rd.Skipped()
				}
				t.Logf("%-16s %4d frames of %s, %d skipped, %v", form.name, n, row["packets"], skipped, err)
				if want, ok := refused[row["file"]]; ok {
					if n > 0 || err == nil || err.Error() != want {
						t.Errorf("%d frames, error %v; want %s", n, err, want)
					}
					continue
				}
				want, convErr := strconv.Atoi(row["packets"])
				if convErr != nil {
					t.Fatal(convErr)
				}
				if err != nil || n+int(skipped) != want {
					t.Errorf("%d frames and %d skipped, error %v; want %d", n, skipped, err, want)
				}
			}
		})
	}
}

func TestPcapCorpus(t *testing.T) {
	var total int
	for _, row := range manifest(t) {
		data, err := os.ReadFile(corpus.Path(t, "pcap", row["id"]))
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.Atoi(row["packets"])
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"plain": data, "gzip": zip(t, data)} {
			n, rd, err := readAll(bytes.NewReader(data))
			if err != nil || n+int(rd.Skipped()) != want {
				t.Errorf("%s, %s: %d frames, error %v; want %d", row["id"], name, n, err, want)
			}
		}
		total += want
	}
	t.Logf("%d frames", total)
}

func TestRobustCorpus(t *testing.T) {
	captures := 0
	err := filepath.WalkDir(corpus.Path(t, "robust"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		n, _, err := readAll(f)
		var damaged *FormatError
		var link *LinkError
		switch {
		case err == nil, errors.Is(err, ErrTruncated), errors.As(err, &damaged), errors.As(err, &link):
			captures++
			t.Logf("%-60s %5d frames, %v", filepath.Base(path), n, err)
		case !errors.Is(err, ErrNotCapture):
			t.Errorf("%s: %d frames, then an error of no known kind: %v", path, n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if captures == 0 {
		t.Error("no captures among the files")
	}
}
