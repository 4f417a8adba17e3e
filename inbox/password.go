package inbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a password's hash: 19 MiB and two passes, the least that OWASP
// recommends for argon2id, so that a few sign-ins at once do not need much.
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashLen     = 32
	saltLen     = 16
)

// The length of a password: in characters at least, in bytes at most.
const (
	minPassword = 10
	maxPassword = 1024
)

// ErrWeakPassword refuses passwords that can be guessed.
var ErrWeakPassword = errors.New("a password needs 10 characters at least")

// HashPassword returns the encoded argon2id hash of a new password. It reports
// ErrWeakPassword when the password is too short.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < minPassword {
		return "", ErrWeakPassword
	}
	if len(password) > maxPassword {
		return "", fmt.Errorf("a password of %d bytes: at most %d are taken", len(password), maxPassword)
	}
	salt := make([]byte, saltLen)
	rand.Read(salt) // never fails
	return encodeHash(salt, argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashThreads, hashLen)), nil
}

func encodeHash(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashThreads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// hashParts are an encoded hash, read. A hash of older or newer costs is
// checked with its own.
type hashParts struct {
	memory, passes uint32
	threads        uint8
	salt, sum      []byte
}

// maxMemory bounds what an encoded hash may ask for, in KiB.
const maxMemory = 1 << 20

func readHash(encoded string) (hashParts, error) {
	var h hashParts
	var version int
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return h, errors.New("not an argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, errors.New("argon2id of another version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return h, fmt.Errorf("cost of a hash: %w", err)
	}
	if h.memory == 0 || h.memory > maxMemory || h.passes == 0 || h.threads == 0 {
		return h, errors.New("cost of a hash out of bounds")
	}
	var errSalt, errSum error
	h.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	h.sum, errSum = base64.RawStdEncoding.DecodeString(parts[5])
	return h, errors.Join(errSalt, errSum)
}

// isPassword reports whether password is the one that encoded was made of. An
// account without a password, and one that does not exist, takes as long as
// any other: who guesses logins must not learn from the clock.
func isPassword(encoded, password string) bool {
	h, err := readHash(encoded)
	if err != nil {
		h = hashParts{hashMemory, hashPasses, hashThreads, make([]byte, saltLen), make([]byte, hashLen)}
	}
	if len(password) > maxPassword {
		return false
	}
	sum := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && err == nil
}

// newKey returns a secret of 160 random bits for a session or a token.
func newKey() string { return rand.Text() + rand.Text()[:6] }

// hashKey is what is kept of a key: it is random, so that a plain hash will do.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
