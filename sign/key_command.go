package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Environment of a key command, and the bound on what it may answer.
const (
	EnvSignHash      = "KBFORGE_SIGN_HASH" // SHA-1, SHA-256, SHA-384 or SHA-512
	EnvSignAlgorithm = "KBFORGE_SIGN_KEY"  // RSA or ECDSA
	MaxSignature     = 16 << 10            // bytes of a raw signature; RSA 16384 makes 2048
)

// commandKey has another program sign: an HSM's tool, a cloud service's client. One process for each signature.
type commandKey struct {
	chain []*x509.Certificate
	argv  []string
}

// CommandKey is a key behind a program. For each signature argv runs without a shell; the raw digest is its standard input,
// and its standard output must be the raw signature (RSA: PKCS #1 v1.5; ECDSA: ASN.1). EnvSignHash and EnvSignAlgorithm
// tell it what is asked for. certs holds the certificate of the key first, then its issuers; the answer is checked against
// the first before anything is written.
func CommandKey(certs []*x509.Certificate, argv ...string) (Key, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, fmt.Errorf("%w: no command is given", ErrKey)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("%w: a key command needs the certificate of its key", ErrKey)
	}
	if err := supported(certs[0].PublicKey); err != nil {
		return nil, err
	}
	chain, err := orderChain(certs[0].PublicKey, certs)
	if err != nil {
		return nil, err
	}
	return &commandKey{chain: chain, argv: slices.Clone(argv)}, nil
}

func (k *commandKey) Certificates() []*x509.Certificate { return slices.Clone(k.chain) }
func (k *commandKey) Public() crypto.PublicKey          { return k.chain[0].PublicKey }

func (k *commandKey) SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	cmd := exec.CommandContext(ctx, k.argv[0], k.argv[1:]...)
	cmd.Stdin = bytes.NewReader(digest)
	cmd.Env = append(os.Environ(), EnvSignHash+"="+h.String(), EnvSignAlgorithm+"="+algorithm(k.Public()))
	out, diag := &boundedBuffer{limit: MaxSignature}, &boundedBuffer{limit: 1024}
	cmd.Stdout, cmd.Stderr = out, diag
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: command %s: %w%s", ErrKey, k.argv[0], err, said(diag))
	}
	if out.overflow {
		return nil, fmt.Errorf("%w: command %s wrote more than %d bytes; it must write the raw signature and nothing else", ErrKey, k.argv[0], MaxSignature)
	}
	sig := out.kept
	if !verifies(k.Public(), digest, h, sig) {
		return nil, fmt.Errorf("%w: command %s wrote %d bytes that are no %s signature of the digest by the key of %s; it must write the raw signature and nothing else",
			ErrKey, k.argv[0], len(sig), algorithm(k.Public()), name(k.chain[0]))
	}
	return sig, nil
}

func algorithm(pub crypto.PublicKey) string {
	if _, ok := pub.(*ecdsa.PublicKey); ok {
		return "ECDSA"
	}
	return "RSA"
}

// verifies tells whether sig is pub's signature of digest.
func verifies(pub crypto.PublicKey, digest []byte, h crypto.Hash, sig []byte) bool {
	switch p := pub.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(p, h, digest, sig) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, digest, sig)
	}
	return false
}

// said quotes the first lines of a command's standard error.
func said(b *boundedBuffer) string {
	s := strings.TrimSpace(string(b.kept))
	if s == "" {
		return ""
	}
	return "; it said: " + strings.Join(strings.Fields(s), " ")
}

// boundedBuffer keeps the first limit bytes and swallows the rest. It embeds nothing: bytes.Buffer's ReadFrom would go
// around the limit.
type boundedBuffer struct {
	kept     []byte
	limit    int
	overflow bool
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	room := min(b.limit-len(b.kept), len(p))
	b.overflow = b.overflow || room < len(p)
	b.kept = append(b.kept, p[:room]...)
	return len(p), nil
}
