//go:build !pkcs11 || !cgo

package sign

import (
	"errors"
	"strings"
	"testing"
)

func TestPKCS11NotBuiltIn(t *testing.T) {
	s := Source{PKCS11: "pkcs11:token=a?module-path=p", PasswordEnv: "PIN"}
	_, err := s.Open(func(string) (string, bool) { return "gehe1m", true }, nil)
	if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "-tags pkcs11") {
		t.Error(err)
	}
}
