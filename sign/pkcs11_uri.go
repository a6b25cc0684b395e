package sign

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// pkcs11Object is what a PKCS #11 URI (RFC 7512) names.
type pkcs11Object struct {
	Module        string // path of the library
	Token, Serial string // one of these and Slot chooses the token
	Slot          *int
	Label, ID     string // of the key; both may be empty where the token has one key only
}

// parsePKCS11 reads "pkcs11:token=release;object=signer;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so". Attributes of
// RFC 7512 that do not choose a key are refused, so that none is silently without effect; a PIN in the URI too, since URIs
// stand on command lines.
func parsePKCS11(uri string) (pkcs11Object, error) {
	var o pkcs11Object
	rest, ok := strings.CutPrefix(uri, "pkcs11:")
	if !ok {
		return o, fmt.Errorf("%w: %q is no PKCS #11 URI; write pkcs11:token=NAME;object=NAME?module-path=LIBRARY", ErrKey, uri)
	}
	path, query, _ := strings.Cut(rest, "?")
	var errs []error
	each := func(list, separator string, set func(name, value string) error) {
		for part := range strings.SplitSeq(list, separator) {
			if part == "" {
				continue
			}
			name, value, _ := strings.Cut(part, "=")
			plain, err := url.PathUnescape(value)
			if err == nil {
				err = set(name, plain)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%w: PKCS #11 URI: %s: %w", ErrKey, name, err))
			}
		}
	}
	each(path, ";", o.setPath)
	each(query, "&", o.setQuery)
	if o.Module == "" {
		errs = append(errs, fmt.Errorf("%w: PKCS #11 URI: module-path is missing; name the library of the token", ErrKey))
	}
	chosen := 0
	for _, given := range []bool{o.Token != "", o.Serial != "", o.Slot != nil} {
		if given {
			chosen++
		}
	}
	if chosen != 1 {
		errs = append(errs, fmt.Errorf("%w: PKCS #11 URI: choose the token by one of token, serial and slot-id", ErrKey))
	}
	return o, errors.Join(errs...)
}

func (o *pkcs11Object) setPath(name, value string) error {
	switch name {
	case "token":
		o.Token = value
	case "serial":
		o.Serial = value
	case "slot-id":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return errors.New("not a number")
		}
		o.Slot = &n
	case "object":
		o.Label = value
	case "id":
		o.ID = value
	case "type":
		if value != "private" {
			return errors.New("only private keys sign")
		}
	default:
		return errors.New("this attribute is not known; there are token, serial, slot-id, object, id")
	}
	return nil
}

func (o *pkcs11Object) setQuery(name, value string) error {
	switch name {
	case "module-path":
		o.Module = value
	case "pin-value", "pin-source":
		return errors.New("a PIN does not belong into the address; give it by environment variable, file or prompt")
	default:
		return errors.New("this attribute is not known; there is module-path")
	}
	return nil
}
