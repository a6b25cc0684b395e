//go:build windows

// Package deps pins modules while the first packages are written; it goes away.
package deps

import (
	_ "github.com/BurntSushi/toml"
	_ "github.com/Microsoft/go-winio"
	_ "github.com/go-ini/ini"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/sassoftware/relic/v7/lib/authenticode"
	_ "github.com/sassoftware/relic/v7/lib/binpatch"
	_ "github.com/sassoftware/relic/v7/lib/certloader"
	_ "github.com/sassoftware/relic/v7/lib/pkcs7"
	_ "github.com/sassoftware/relic/v7/lib/pkcs9"
	_ "github.com/sassoftware/relic/v7/lib/x509tools"
	_ "github.com/spf13/cobra"
	_ "github.com/tc-hib/winres"
	_ "github.com/tc-hib/winres/version"
	_ "golang.org/x/sys/windows"
	_ "golang.org/x/sys/windows/registry"
	_ "golang.org/x/text/encoding/charmap"
	_ "golang.org/x/text/encoding/unicode"
	_ "software.sslmate.com/src/go-pkcs12"
)
