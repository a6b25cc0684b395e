package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"
)

// Bounds of the time stamp client.
const (
	MaxStampResponse    = 1 << 20 // bytes of an answer
	DefaultStampTries   = 3       // rounds over all servers
	DefaultStampTimeout = 20 * time.Second
	DefaultStampBackoff = 2 * time.Second // before the second round; doubled each round
)

// TimestampClient asks RFC 3161 servers over HTTP. A request that fails goes to the next server; after the last one there
// is a pause and another round. When all rounds fail, so does Stamp, with the reason of every server.
type TimestampClient struct {
	URLs    []string
	Tries   int           // rounds; 0 is DefaultStampTries
	Timeout time.Duration // for one request; 0 is DefaultStampTimeout
	Backoff time.Duration // 0 is DefaultStampBackoff
	HTTP    *http.Client  // nil is http.DefaultClient, which honours the proxy variables
}

// Stamp asks for a token over signature. The imprint is made with h, but never with SHA-1.
func (c *TimestampClient) Stamp(ctx context.Context, signature []byte, h crypto.Hash) ([]byte, error) {
	if len(c.URLs) == 0 {
		return nil, fmt.Errorf("%w: no server is given", CheckTimestamp)
	}
	if h == crypto.SHA1 {
		h = crypto.SHA256
	}
	var errs []error
	backoff := pick(c.Backoff, DefaultStampBackoff)
	for try := range pick(c.Tries, DefaultStampTries) {
		if try > 0 {
			if err := sleep(ctx, backoff); err != nil {
				return nil, errors.Join(append(errs, err)...)
			}
			backoff *= 2
			errs = nil // the last round's reasons are enough
		}
		for _, url := range c.URLs {
			token, err := c.ask(ctx, url, signature, h)
			if err == nil {
				return token, nil
			}
			errs = append(errs, fmt.Errorf("%s: %w", url, err))
		}
	}
	return nil, fmt.Errorf("%w: no server answered properly: %w", CheckTimestamp, errors.Join(errs...))
}

func pick[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// ask does one request and checks the answer.
func (c *TimestampClient) ask(ctx context.Context, url string, signature []byte, h crypto.Hash) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	body, err := stampRequest(signature, h, nonce)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pick(c.Timeout, DefaultStampTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, MaxStampResponse+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %s", resp.Status)
	case len(answer) > MaxStampResponse:
		return nil, fmt.Errorf("the answer is longer than %d bytes", MaxStampResponse)
	}
	return stampResponse(answer, signature, nonce)
}

// stampRequest is TimeStampReq (RFC 3161 2.4.1): version 1, imprint, nonce, certReq TRUE.
func stampRequest(signature []byte, h crypto.Hash, nonce *big.Int) ([]byte, error) {
	d := h.New()
	d.Write(signature)
	imprint, err := digestInfo(h, d.Sum(nil)) // the same shape as MessageImprint
	if err != nil {
		return nil, err
	}
	n, err := asn1.Marshal(nonce)
	if err != nil {
		return nil, err
	}
	return der(tagSequence, derInt(1), imprint, n, []byte{asn1.TagBoolean, 1, 0xff}), nil
}

// stampResponse reads TimeStampResp (RFC 3161 2.4.2) and checks the token in it.
func stampResponse(answer, signature []byte, nonce *big.Int) ([]byte, error) {
	parts, err := sequence(answer)
	if err != nil || len(parts) == 0 {
		return nil, errors.New("the answer is no time stamp response")
	}
	status, err := sequence(parts[0].FullBytes)
	if err != nil || len(status) == 0 {
		return nil, errors.New("the answer has no status")
	}
	var code int
	if _, err := asn1.Unmarshal(status[0].FullBytes, &code); err != nil {
		return nil, errors.New("the answer has no status")
	}
	if code > 1 { // granted, granted with modifications
		return nil, fmt.Errorf("the authority refused: status %d%s", code, statusText(status[1:]))
	}
	if len(parts) != 2 {
		return nil, errors.New("the answer has no token")
	}
	t, err := parseToken(parts[1].FullBytes)
	if err != nil {
		return nil, err
	}
	return parts[1].FullBytes, t.check(signature, nonce)
}

// statusText quotes the authority's own words.
func statusText(parts []asn1.RawValue) string {
	for _, p := range parts {
		if p.Tag != asn1.TagSequence || p.Class != asn1.ClassUniversal {
			continue
		}
		if words, err := elements(p.Bytes); err == nil && len(words) > 0 {
			return fmt.Sprintf(" (%.200q)", words[0].Bytes)
		}
	}
	return ""
}
