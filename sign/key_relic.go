package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// Limits of a relic server's answers, and of the time for one.
const (
	maxRelicAnswer = 1 << 20
	relicTimeout   = 2 * time.Minute // a token behind the server may be slow
)

// relicKey is a key behind a relic server (github.com/sassoftware/relic). Safe for concurrent use.
//
// The server's protocol has no call that signs a digest, and its signatures of executables are not in DER order. But it signs
// any CMS content of the type "certificate trust list" without attributes, so what comes back is the plain signature of that
// content: here the signed attributes, as one OCTET STRING, whose value is what is hashed (RFC 5652 5.4). So the server hashes
// a few hundred bytes, and never sees the file.
type relicKey struct {
	chain  []*x509.Certificate
	client *http.Client
	base   *url.URL
	name   string
	token  string
}

// RelicServer says where a relic server is, and how it knows us.
type RelicServer struct {
	URL         string // https://relic.example:6300/?key=NAME
	Certificate string // PEM file with our client certificate and its key; may be empty
	Roots       string // PEM file with the roots of the server; empty: the system's
	Token       string // bearer token; may be empty
}

// RelicKey opens a key of a relic server; it asks the server for the certificates.
func RelicKey(ctx context.Context, s RelicServer) (Key, error) {
	k := &relicKey{token: s.Token}
	var err error
	if k.base, k.name, err = relicAddress(s.URL); err != nil {
		return nil, err
	}
	if k.client, err = relicClient(s); err != nil {
		return nil, err
	}
	var info struct{ X509Certificate string }
	answer, err := k.call(ctx, http.MethodGet, "keys/"+url.PathEscape(k.name), nil, nil)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(answer, &info); err != nil {
		return nil, fmt.Errorf("%w: relic server %s: its answer is no description of a key", ErrKey, k.base.Host)
	}
	certs, err := ParseCertificates([]byte(info.X509Certificate))
	if err != nil {
		return nil, fmt.Errorf("%w: relic server %s: key %s: %w", ErrKey, k.base.Host, k.name, err)
	}
	if err := supported(certs[0].PublicKey); err != nil {
		return nil, err
	}
	k.chain, err = orderChain(certs[0].PublicKey, certs)
	return k, err
}

// relicAddress takes the address apart. Without TLS only this machine is talked to.
func relicAddress(text string) (base *url.URL, key string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, "", fmt.Errorf("%w: %q is no address of a relic server; write https://HOST:PORT/?key=NAME", ErrKey, text)
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback) {
		return nil, "", fmt.Errorf("%w: relic server %s: use https", ErrKey, u.Host)
	}
	if key = u.Query().Get("key"); key == "" {
		return nil, "", fmt.Errorf("%w: relic server %s: name the key: ?key=NAME", ErrKey, u.Host)
	}
	if u.User != nil || u.Fragment != "" || len(u.Query()) != 1 {
		return nil, "", fmt.Errorf("%w: relic server %s: the address has more than host, path and key", ErrKey, u.Host)
	}
	u.RawQuery = ""
	u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	return u, key, nil
}

func relicClient(s RelicServer) (*http.Client, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Roots != "" {
		roots, err := LoadCertificates(s.Roots)
		if err != nil {
			return nil, fmt.Errorf("%w: roots of the relic server: %w", ErrKey, err)
		}
		conf.RootCAs = Pool(roots...)
	}
	if s.Certificate != "" {
		b, err := readLimited(s.Certificate)
		if err != nil {
			return nil, fmt.Errorf("%w: client certificate: %w", ErrKey, err)
		}
		pair, err := tls.X509KeyPair(b, b)
		if err != nil {
			return nil, fmt.Errorf("%w: %s has no client certificate with its key, in PEM", ErrKey, s.Certificate)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{
		Timeout:   relicTimeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf},
		// The token must not go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func (k *relicKey) call(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	u := k.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if k.token != "" {
		req.Header.Set("Authorization", "Bearer "+k.token)
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: relic server: %w", ErrKey, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxRelicAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: relic server %s: %w", ErrKey, k.base.Host, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: relic server %s: HTTP status %s for key %s (%.200q)", ErrKey, k.base.Host, resp.Status, k.name, answer)
	case len(answer) > maxRelicAnswer:
		return nil, fmt.Errorf("%w: relic server %s: an answer of more than %d bytes", ErrKey, k.base.Host, maxRelicAnswer)
	}
	return answer, nil
}

func (k *relicKey) Certificates() []*x509.Certificate { return slices.Clone(k.chain) }
func (k *relicKey) Public() crypto.PublicKey          { return k.chain[0].PublicKey }

// SignDigest cannot be: the server hashes itself. See SignMessage.
func (k *relicKey) SignDigest(context.Context, []byte, crypto.Hash) ([]byte, error) {
	return nil, fmt.Errorf("%w: a relic server signs messages, not digests", ErrKey)
}

// SignMessage has the server hash and sign the message.
func (k *relicKey) SignMessage(ctx context.Context, message []byte, h crypto.Hash) ([]byte, error) {
	query := url.Values{"key": {k.name}, "filename": {"kbforge.cat"}, "sigtype": {"cat"}, "digest": {h.String()}, "no-timestamp": {"true"}}
	answer, err := k.call(ctx, http.MethodPost, "sign", query, envelope(der(tagOctets, message)))
	if err != nil {
		return nil, err
	}
	psd, err := pkcs7.Unmarshal(answer)
	if err != nil || len(psd.Content.SignerInfos) != 1 {
		return nil, fmt.Errorf("%w: relic server %s: its answer is no signature", ErrKey, k.base.Host)
	}
	sig := psd.Content.SignerInfos[0].EncryptedDigest
	d := h.New()
	d.Write(message)
	if !verifies(k.Public(), d.Sum(nil), h, sig) {
		return nil, fmt.Errorf("%w: relic server %s: its signature is not that of what was asked for, by %s", ErrKey, k.base.Host, name(k.chain[0]))
	}
	return sig, nil
}

// Close lets go of the connections.
func (k *relicKey) Close() error { k.client.CloseIdleConnections(); return nil }

// messageKey is a key that hashes by itself what it signs.
type messageKey interface {
	SignMessage(ctx context.Context, message []byte, h crypto.Hash) ([]byte, error)
}

// SignMessage signs the digest h of a message with any key.
func SignMessage(ctx context.Context, k Key, message []byte, h crypto.Hash) ([]byte, error) {
	if m, ok := k.(messageKey); ok {
		return m.SignMessage(ctx, message, h)
	}
	if !h.Available() {
		return nil, errors.New("digest " + h.String() + " is not available")
	}
	d := h.New()
	d.Write(message)
	return k.SignDigest(ctx, d.Sum(nil), h)
}
