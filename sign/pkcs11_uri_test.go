package sign

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestPKCS11URI(t *testing.T) {
	slot := 3
	for uri, want := range map[string]pkcs11Object{
		"pkcs11:token=My%20Token;object=signer;id=%01%02;type=private?module-path=/usr/lib/p.so": {Module: "/usr/lib/p.so", Token: "My Token", Label: "signer", ID: "\x01\x02"},
		"pkcs11:slot-id=3?module-path=p.dll":                                                     {Module: "p.dll", Slot: &slot},
		"pkcs11:serial=77?module-path=p":                                                         {Module: "p", Serial: "77"},
	} {
		if got, err := parsePKCS11(uri); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", uri, got, err)
		}
	}
	for uri, want := range map[string]string{
		"p11:token=a":                                             "is no PKCS #11 URI",
		"pkcs11:token=a":                                          "module-path is missing",
		"pkcs11:?module-path=":                                    "choose the token",
		"pkcs11:token=a;serial=b?module-path=p":                   "choose the token",
		"pkcs11:slot-id=x?module-path=p":                          "slot-id: not a number",
		"pkcs11:token=a;manufacturer=b?module-path=p":             "manufacturer: this attribute is not known",
		"pkcs11:token=a;type=cert?module-path=p":                  "only private keys",
		"pkcs11:token=%zz?module-path=p":                          "token: ",
		"pkcs11:token=a?module-path=p&pin-value=geheim":           "a PIN does not belong into the address",
		"pkcs11:token=a?module-path=p&pin-source=file:/geheim":    "a PIN does not belong into the address",
		"pkcs11:token=a?module-path=p&module-name=x&pin-value=ge": "module-name: this attribute",
	} {
		if _, err := parsePKCS11(uri); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func FuzzPKCS11URI(f *testing.F) {
	f.Add("pkcs11:token=My%20Token;object=signer;id=%01%02;type=private?module-path=/usr/lib/p.so")
	f.Fuzz(func(t *testing.T, uri string) {
		if o, err := parsePKCS11(uri); err == nil && o.Module == "" {
			t.Error("no module")
		}
	})
}
