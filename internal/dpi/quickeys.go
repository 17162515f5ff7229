package dpi

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
)

// quicVersion is a version of QUIC whose Initial packets can be read: their keys
// come from a salt that everybody knows (RFC 9001 section 5.2).
type quicVersion struct {
	first, last uint32 // versions
	words       []byte // nil for a draft, which has its own number
	salt        string
	second      bool // labels and packet types of RFC 9369
}

// Versions of Google's that are told apart: "Q050", "T050", "T051".
const (
	versionQ050 = 0x51303530
	versionT050 = 0x54303530
	versionT051 = 0x54303531
)

// Salts, by the first draft that has them.
const (
	saltDraft22  = "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a"
	saltDraft23  = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
	saltDraft29  = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
	saltVersion1 = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
	saltVersion2 = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"
	saltV2Draft  = "\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3"
	saltQ050     = "\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45"
	saltT050     = "\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10"
	saltT051     = "\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d"
)

// quicVersions are the versions in use, the most frequent first.
var quicVersions = [...]quicVersion{
	{1, 1, []byte("QUICv1"), saltVersion1, false},
	{0x6b3343cf, 0x6b3343cf, []byte("QUICv2"), saltVersion2, true},
	{0xff000021, 0xff000022, nil, saltVersion1, false}, // drafts 33 and 34 are version 1 under another number
	{0xff00001d, 0xff000020, nil, saltDraft29, false},
	{0xff000017, 0xff00001c, nil, saltDraft23, false},
	{0xff000016, 0xff000016, nil, saltDraft22, false},
	{0x709a50c4, 0x709a50c4, []byte("QUICv2"), saltV2Draft, true},
	{0xfaceb001, 0xfaceb001, []byte("mvfst"), saltDraft22, false}, // Facebook's, by the draft it followed
	{0xfaceb002, 0xfaceb0ff, []byte("mvfst"), saltDraft23, false},
	{versionQ050, versionQ050, []byte("Q050"), saltQ050, false},
	{versionT050, versionT050, []byte("T050"), saltT050, false},
	{versionT051, versionT051, []byte("T051"), saltT051, false},
}

// quicDraftNames are the names of drafts, from draft 22 on.
var quicDraftNames = [...][]byte{
	[]byte("QUIC draft-22"), []byte("QUIC draft-23"), []byte("QUIC draft-24"), []byte("QUIC draft-25"), []byte("QUIC draft-26"),
	[]byte("QUIC draft-27"), []byte("QUIC draft-28"), []byte("QUIC draft-29"), []byte("QUIC draft-30"), []byte("QUIC draft-31"),
	[]byte("QUIC draft-32"), []byte("QUIC draft-33"), []byte("QUIC draft-34"),
}

// findQUICVersion returns a version and its name, nil if it is unknown.
func findQUICVersion(number uint32) (*quicVersion, []byte) {
	for i := range quicVersions {
		v := &quicVersions[i]
		if number < v.first || number > v.last {
			continue
		}
		if v.words == nil {
			return v, quicDraftNames[number-0xff000016]
		}
		return v, v.words
	}
	return nil, nil
}

// quicKeys are what a client's Initial packets are protected with.
type quicKeys struct {
	key, header [16]byte
	iv          [12]byte
}

// initialKeys derives them from the connection ID that the client chose for the
// server. It is HKDF (RFC 5869) on the stack: crypto/hkdf allocates for each key.
func (v *quicVersion) initialKeys(id []byte) (k quicKeys) {
	key, iv, header := "tls13 quic key", "tls13 quic iv", "tls13 quic hp"
	if v.second {
		key, iv, header = "tls13 quicv2 key", "tls13 quicv2 iv", "tls13 quicv2 hp"
	}
	var salt [sha256.Size]byte
	copy(salt[:], v.salt)
	secret := hmacSHA256(&salt, id)
	secret = expandLabel(&secret, "tls13 client in", sha256.Size)
	for _, out := range [...]struct {
		to    []byte
		label string
	}{{k.key[:], key}, {k.iv[:], iv}, {k.header[:], header}} {
		b := expandLabel(&secret, out.label, len(out.to))
		copy(out.to, b[:])
	}
	return k
}

// expandLabel is HKDF-Expand-Label (RFC 8446 section 7.1) without a context, for at
// most one block.
func expandLabel(secret *[sha256.Size]byte, label string, n int) [sha256.Size]byte {
	var info [32]byte
	b := append(info[:0], byte(n>>8), byte(n), byte(len(label)))
	b = append(b, label...)
	b = append(b, 0, 1) // no context; the first block
	return hmacSHA256(secret, b)
}

// hmacSHA256 is HMAC (RFC 2104) of a message of at most 64 bytes.
func hmacSHA256(key *[sha256.Size]byte, message []byte) [sha256.Size]byte {
	var inner [2 * sha256.BlockSize]byte
	var outer [sha256.BlockSize + sha256.Size]byte
	for i := range sha256.BlockSize {
		k := byte(0)
		if i < len(key) {
			k = key[i]
		}
		inner[i], outer[i] = k^0x36, k^0x5c
	}
	n := copy(inner[sha256.BlockSize:], message)
	sum := sha256.Sum256(inner[:sha256.BlockSize+n])
	copy(outer[sha256.BlockSize:], sum[:])
	return sha256.Sum256(outer[:])
}

// The sample for header protection lies behind where the longest packet number
// would end (RFC 9001 section 5.4.2).
const (
	packetNumber = 4
	quicSample   = aes.BlockSize
	quicTag      = 16
)

// open decrypts an Initial packet into room and returns its frames. packet is the
// long header up to the packet number, at offset at, and what there is of length
// bytes behind it. The authentication tag is not verified: a capture may be cut
// before it, and frames that make sense are proof enough. It costs two
// allocations, the ciphers.
func (k *quicKeys) open(room, packet []byte, at, length int) []byte {
	rest := packet[at:]
	if length < packetNumber+quicSample || len(rest) < packetNumber+quicSample {
		return nil
	}
	block, err := aes.NewCipher(k.header[:])
	if err != nil || len(room) < 2*aes.BlockSize {
		return nil
	}
	mask := room[:aes.BlockSize]
	block.Encrypt(mask, rest[packetNumber:packetNumber+quicSample])
	n := int((packet[0]^mask[0])&3) + 1
	number := uint32(0)
	for i := range n {
		number = number<<8 | uint32(rest[i]^mask[1+i])
	}
	if block, err = aes.NewCipher(k.key[:]); err != nil {
		return nil
	}
	end := min(length-quicTag, len(rest))
	if end <= n {
		return nil
	}
	return k.stream(block, room, rest[n:end], number)
}

// stream is AES in the counter mode of GCM (RFC 5116 section 5.1): the counter
// behind the nonce begins at 2.
func (k *quicKeys) stream(block cipher.Block, room, in []byte, number uint32) []byte {
	counter, pad := room[:aes.BlockSize], room[aes.BlockSize:2*aes.BlockSize]
	out := room[2*aes.BlockSize:]
	copy(counter, k.iv[:])
	for i := range 4 {
		counter[8+i] ^= byte(number >> (24 - 8*i))
		counter[12+i] = 0
	}
	counter[15] = 1
	in = in[:min(len(in), len(out))]
	for at := 0; at < len(in); at += aes.BlockSize {
		if counter[15]++; counter[15] == 0 {
			counter[14]++ // 64 KiB are not exceeded
		}
		block.Encrypt(pad, counter)
		for i := range min(aes.BlockSize, len(in)-at) {
			out[at+i] = in[at+i] ^ pad[i]
		}
	}
	return out[:len(in)]
}
