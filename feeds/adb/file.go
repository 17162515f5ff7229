package adb

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
)

// Kinds of files, by the first word of their trees.
const (
	schemaIndex   uint32 = 0x78646e69 // "indx"
	schemaPackage uint32 = 0x676b6370 // "pckg"
)

// Types of blocks, in the upper two bits of their sizes.
const (
	blockTree      = 0
	blockSignature = 1
	blockData      = 2
)

// hashSHA512 is apk's number of the digest that signatures are made over.
const hashSHA512 = 4

// file is the bytes of an adb file before they are deflated.
type file struct{ bytes []byte }

// newFile begins a file with a tree and, if key is not nil, a signature of it.
func newFile(schema uint32, t *tree, key *ecdsa.PrivateKey) (*file, error) {
	f := &file{bytes: append([]byte("ADB."), binary.LittleEndian.AppendUint32(nil, schema)...)}
	f.block(blockTree, t.bytes)
	if key == nil {
		return f, nil
	}
	sig, err := sign(schema, t.bytes, key)
	if err != nil {
		return nil, err
	}
	f.block(blockSignature, sig)
	return f, nil
}

// block appends a block, padded to a multiple of eight bytes. Its payload is less
// than a gigabyte.
func (f *file) block(kind uint32, payload ...[]byte) {
	n := 4
	for _, p := range payload {
		n += len(p)
	}
	f.bytes = binary.LittleEndian.AppendUint32(f.bytes, kind<<30|uint32(n))
	for _, p := range payload {
		f.bytes = append(f.bytes, p...)
	}
	for ; n%8 != 0; n++ {
		f.bytes = append(f.bytes, 0)
	}
}

// deflated returns the file as apk writes it by default.
func (f *file) deflated() ([]byte, error) {
	b := bytes.NewBufferString("ADBd")
	w, err := flate.NewWriter(b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(f.bytes); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// KeyID returns how signatures name the key they were made with: the beginning of
// the SHA-512 of the uncompressed point.
func KeyID(key *ecdsa.PublicKey) ([16]byte, error) {
	point, err := key.ECDH()
	if err != nil {
		return [16]byte{}, fmt.Errorf("adb: key: %w", err)
	}
	sum := sha512.Sum512(point.Bytes())
	return [16]byte(sum[:16]), nil
}

// sign returns the payload of a block that signs a tree: a header with the key's id
// and, in DER, the signature of schema, header and the tree's SHA-512. It is the
// deterministic one of RFC 6979.
func sign(schema uint32, tree []byte, key *ecdsa.PrivateKey) ([]byte, error) {
	id, err := KeyID(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	head := append([]byte{0, hashSHA512}, id[:]...)
	inner := sha512.Sum512(tree)
	h := sha512.New()
	h.Write(binary.LittleEndian.AppendUint32(nil, schema))
	h.Write(head)
	h.Write(inner[:])
	sig, err := key.Sign(nil, h.Sum(nil), crypto.SHA512)
	if err != nil {
		return nil, fmt.Errorf("adb: sign: %w", err)
	}
	return append(head, sig...), nil
}
