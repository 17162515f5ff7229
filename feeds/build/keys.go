//go:build !notls

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"weir/feeds/ipk"
)

// Names of the files in a folder of keys. The private ones never leave it.
const (
	apkPrivate   = "weir-apk.key"   // ECDSA P-256, PKCS #8
	apkPublic    = "weir-apk.pem"   // for /etc/apk/keys
	usignPrivate = "weir-usign.key" // Ed25519, as usign writes it
)

// keys sign what is published; both nil sign nothing.
type keys struct {
	apk  *ecdsa.PrivateKey
	opkg *ipk.Key
}

// makeKeys makes both keys in a folder. It overwrites nothing.
func makeKeys(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return err
	}
	var seed [32]byte
	var number [8]byte
	_, _ = rand.Read(seed[:]) // never fails
	_, _ = rand.Read(number[:])
	key := ipk.NewKey(seed, number)
	for _, f := range []struct {
		name string
		mode fs.FileMode
		data []byte
	}{
		{apkPrivate, 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})},
		{apkPublic, 0o644, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})},
		{usignPrivate, 0o600, key.Secret()},
		{key.Name(), 0o644, key.Public()},
	} {
		if err := writeNew(filepath.Join(dir, f.name), f.mode, f.data); err != nil {
			return err
		}
	}
	fmt.Printf("keys are in %s: %s and %s sign, and stay here;\nrouters need /etc/apk/keys/%s (25.12) or /etc/opkg/keys/%s (24.10)\n",
		dir, apkPrivate, usignPrivate, apkPublic, key.Name())
	return nil
}

func writeNew(path string, mode fs.FileMode, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// readKeys reads the private keys of a folder; "" has none.
func readKeys(dir string) (k keys, err error) {
	if dir == "" {
		return k, nil
	}
	file, err := os.ReadFile(filepath.Join(dir, apkPrivate))
	if err != nil {
		return k, fmt.Errorf("%w (build -keys %s keys makes them)", err, dir)
	}
	block, _ := pem.Decode(file)
	if block == nil {
		return k, fmt.Errorf("%s holds no key", apkPrivate)
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return k, fmt.Errorf("%s: %w", apkPrivate, err)
	}
	var ok bool
	if k.apk, ok = any.(*ecdsa.PrivateKey); !ok {
		return k, fmt.Errorf("%s is a %T, want ECDSA", apkPrivate, any)
	}
	if file, err = os.ReadFile(filepath.Join(dir, usignPrivate)); err != nil {
		return k, err
	}
	k.opkg, err = ipk.ParseSecret(file)
	return k, err
}
