package ipk

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key signs an index as usign does, whose files are those of OpenBSD's signify: a
// line of comment, then base64.
type Key struct {
	number  [8]byte // in /etc/opkg/keys the public key has this name, in hex
	private ed25519.PrivateKey
}

const algorithm = "Ed"

// NewKey makes a key of a seed of 32 random bytes and a number of 8.
func NewKey(seed [ed25519.SeedSize]byte, number [8]byte) *Key {
	return &Key{number, ed25519.NewKeyFromSeed(seed[:])}
}

// Name returns the name of the public key's file below /etc/opkg/keys.
func (k *Key) Name() string { return hex.EncodeToString(k.number[:]) }

// Public returns the file that routers need.
func (k *Key) Public() []byte {
	public := k.private.Public().(ed25519.PublicKey)
	return armour("public key "+k.Name(), []byte(algorithm), k.number[:], public)
}

// Secret returns the file that signs: keep it, mode 0600. It is not encrypted, as
// usign's never are.
func (k *Key) Secret() []byte {
	// "BK", no rounds, no salt, and a checksum that is for those with a passphrase.
	return armour("private key "+k.Name(), []byte(algorithm), []byte("BK"), make([]byte, 4+16+8), k.number[:], k.private)
}

const secretSize = 2 + 2 + 4 + 16 + 8 + 8 + ed25519.PrivateKeySize

// ParseSecret reads what Secret or usign wrote.
func ParseSecret(file []byte) (*Key, error) {
	b, err := unarmour(file)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	if len(b) != secretSize || !bytes.HasPrefix(b, []byte(algorithm+"BK")) || !bytes.Equal(b[4:8], make([]byte, 4)) {
		return nil, errors.New("secret key: not one of usign, or encrypted")
	}
	k := &Key{private: ed25519.PrivateKey(b[40:])}
	copy(k.number[:], b[32:])
	return k, nil
}

// Sign returns what Packages.sig holds of an index.
func (k *Key) Sign(index []byte) []byte {
	return armour("signed by key "+k.Name(), []byte(algorithm), k.number[:], ed25519.Sign(k.private, index))
}

func armour(comment string, parts ...[]byte) []byte {
	text := base64.StdEncoding.EncodeToString(bytes.Join(parts, nil))
	return []byte("untrusted comment: " + comment + "\n" + text + "\n")
}

func unarmour(file []byte) ([]byte, error) {
	comment, text, ok := strings.Cut(string(file), "\n")
	if !ok || !strings.HasPrefix(comment, "untrusted comment: ") {
		return nil, errors.New("it does not begin with an untrusted comment")
	}
	return base64.StdEncoding.DecodeString(strings.TrimSpace(text))
}
