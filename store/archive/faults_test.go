package archive

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
)

// errCut is what every operation returns after the power was cut.
var errCut = errors.New("no power")

// disk is a folder that keeps apart what was synced and what was not, and whose
// power can be cut after any number of operations. Then of each file what was not
// synced is there in part: some whole sectors of it, the last perhaps torn, others
// as zeros. Names are as the last sync of the directory left them, or as later
// operations did.
type disk struct {
	rng   *rand.Rand
	left  int // operations until the power is cut; negative is never
	fail  error
	files map[string]*diskFile
	names map[string]*diskFile // as the last sync of the directory left them
	clock int64
	syncs int
}

type diskFile struct {
	synced, data []byte
	mtime        int64
}

func newDisk(seed uint64) *disk {
	return &disk{rng: rand.New(rand.NewPCG(seed, 7)), left: -1, files: map[string]*diskFile{}, names: map[string]*diskFile{}}
}

// op counts an operation that changes something.
func (d *disk) op() error {
	if d.fail != nil {
		return d.fail
	}
	if d.left == 0 {
		return errCut
	}
	if d.left > 0 {
		d.left--
	}
	d.clock++
	return nil
}

// restart is what is found when the power is back.
func (d *disk) restart() {
	names := d.files
	if d.rng.IntN(2) == 0 {
		names = d.names // the directory was not written back
	}
	d.files = map[string]*diskFile{}
	for name, f := range names {
		data := d.survive(f)
		d.clock++
		d.files[name] = &diskFile{synced: data, data: data, mtime: d.clock}
	}
	d.names = d.copyNames()
	d.left = -1
}

// survive returns what is left of a file.
func (d *disk) survive(f *diskFile) []byte {
	const sector = 512
	data := slices.Clone(f.synced)
	common := 0
	for common < min(len(f.data), len(data)) && f.data[common] == data[common] {
		common++
	}
	if len(f.data) < len(data) && common == len(f.data) && d.rng.IntN(2) == 0 {
		return slices.Clone(f.data) // it was cut off
	}
	for at := common; at < len(f.data); at += sector {
		end := min(at+sector, len(f.data))
		switch d.rng.IntN(4) {
		case 0: // not written, and nothing after it
			return data
		case 1: // torn
			end = at + d.rng.IntN(end-at+1)
			return append(data[:min(at, len(data))], f.data[min(at, len(data)):end]...)
		case 2: // the length was written and the data was not
			data = append(data[:min(at, len(data))], make([]byte, end-min(at, len(data)))...)
		default:
			data = append(data[:min(at, len(data))], f.data[min(at, len(data)):end]...)
		}
	}
	return data
}

func (d *disk) copyNames() map[string]*diskFile {
	names := map[string]*diskFile{}
	for name, f := range d.files {
		names[name] = f
	}
	return names
}

// readable reports whether what fails is writing alone.
func (d *disk) readable() bool {
	return errors.Is(d.fail, syscall.ENOSPC) || errors.Is(d.fail, syscall.EROFS)
}

func (d *disk) make() error { return d.op() }

func (d *disk) list() ([]entry, error) {
	if d.fail != nil && !d.readable() {
		return nil, d.fail
	}
	var list []entry
	for name, f := range d.files {
		list = append(list, entry{name, int64(len(f.data)), f.mtime})
	}
	return list, nil
}

func (d *disk) open(name string) (io.ReadCloser, error) {
	f := d.files[name]
	if f == nil {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(f.data)), nil
}

func (d *disk) extend(name string, size int64) (output, error) {
	if err := d.op(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	f := d.files[name]
	if f == nil {
		f = &diskFile{}
		d.files[name] = f
	}
	h := &diskHandle{d, f}
	return h, h.Truncate(size)
}

func (d *disk) rename(from, to string) error {
	if err := d.op(); err != nil {
		return err
	}
	f := d.files[from]
	if f == nil {
		return os.ErrNotExist
	}
	delete(d.files, from)
	d.files[to] = f
	return nil
}

func (d *disk) remove(name string) error {
	if err := d.op(); err != nil {
		return err
	}
	if d.files[name] == nil {
		return os.ErrNotExist
	}
	delete(d.files, name)
	return nil
}

func (d *disk) sync() error {
	if err := d.op(); err != nil {
		return err
	}
	d.names = d.copyNames()
	d.syncs++
	return nil
}

type diskHandle struct {
	d *disk
	f *diskFile
}

func (h *diskHandle) Write(b []byte) (int, error) {
	err := h.d.op()
	n := len(b)
	if errors.Is(err, syscall.ENOSPC) {
		n = h.d.rng.IntN(len(b)) // as far as it goes
	} else if err != nil {
		return 0, err
	}
	h.f.data = append(slices.Clone(h.f.data), b[:n]...)
	h.f.mtime = h.d.clock
	return n, err
}

func (h *diskHandle) Truncate(size int64) error {
	if h.d.left == 0 {
		return errCut
	}
	h.f.data = append(slices.Clone(h.f.data[:min(int(size), len(h.f.data))]), make([]byte, max(0, int(size)-len(h.f.data)))...)
	h.d.clock++
	h.f.mtime = h.d.clock
	return nil
}

func (h *diskHandle) Sync() error {
	if err := h.d.op(); err != nil {
		return err
	}
	h.f.synced = slices.Clone(h.f.data)
	h.d.syncs++
	return nil
}

func (h *diskHandle) Close() error { return nil }
