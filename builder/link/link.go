// Package link turns a stub, a plain Go executable for Windows, into one of the executables of an update package: it puts
// the icon, the application manifest, the version resource and the message table into it and sets its checksum.
//
// The cabinet of a package goes behind the result afterwards, then the signature: putting resources into a file drops what
// stands behind its last section. Same input, same bytes.
package link

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/tc-hib/winres"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// ErrStub is wrapped where the executable that was given is not fit to be linked.
var ErrStub = errors.New("not a usable stub")

// Level is the requestedExecutionLevel of an application manifest.
type Level int

// The levels.
const (
	RequireAdministrator Level = iota
	AsInvoker
)

const (
	neutral = 0    // LANGID
	unicode = 1200 // code page of a string table, 04B0
)

// Names of the resources, as compilers number them.
const (
	iconName     = winres.ID(1)
	manifestName = winres.ID(1)
	versionName  = winres.ID(1)
	messageName  = winres.ID(1)
)

// MessageDLL makes spmsg.dll, a DLL that holds nothing but the message table of the event log (Messages) and its version:
// what EventMessageFile of the event source points to (white paper, [Configuration] EventLogDllName). arch is "x86",
// "x64" or "arm64".
func MessageDLL(arch string, r Runtime) ([]byte, error) {
	dll, err := samplepe.Build(samplepe.Spec{Arch: arch, DLL: true, NoVersion: true})
	if err != nil {
		return nil, fmt.Errorf("make spmsg.dll: %w", err)
	}
	version, err := r.version("spmsg.dll", "Update Messages", 2)
	if err != nil {
		return nil, err
	}
	out, err := put(dll, resources{version: version, messages: true})
	if err != nil {
		return nil, fmt.Errorf("make spmsg.dll: %w", err)
	}
	return out, nil
}

// resources is what goes into one file; a zero field is left out.
type resources struct {
	icon     *winres.Icon
	manifest *winres.AppManifest
	version  []byte
	messages bool
}

func put(stub []byte, res resources) ([]byte, error) {
	if err := checkStub(stub); err != nil {
		return nil, err
	}
	set := winres.ResourceSet{}
	if res.icon != nil {
		if err := set.SetIconTranslation(iconName, neutral, res.icon); err != nil {
			return nil, fmt.Errorf("add the icon: %w", err)
		}
	}
	if res.manifest != nil {
		set.SetManifest(*res.manifest)
	}
	if err := set.Set(winres.RT_VERSION, versionName, neutral, res.version); err != nil {
		return nil, fmt.Errorf("add the version resource: %w", err)
	}
	if res.messages {
		if err := set.Set(winres.RT_MESSAGETABLE, messageName, neutral, messageTable(Messages())); err != nil {
			return nil, fmt.Errorf("add the message table: %w", err)
		}
	}
	var out bytes.Buffer
	if err := set.WriteToEXE(&out, bytes.NewReader(stub), winres.ForceCheckSum()); err != nil {
		return nil, fmt.Errorf("write the resources: %w", err)
	}
	return out.Bytes(), nil
}

// checkStub refuses what winres would treat wrongly or silently damage.
func checkStub(stub []byte) error {
	r, size := bytes.NewReader(stub), int64(len(stub))
	info, err := pefile.Read(r, size)
	if info == nil || !info.IsPE {
		return fmt.Errorf("%w: no PE executable (%v)", ErrStub, err)
	}
	if info.Signed {
		return fmt.Errorf("%w: it is signed; link first, then sign", ErrStub)
	}
	end, err := pefile.ImageEnd(r, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStub, err)
	}
	if len(bytes.Trim(stub[end:], "\x00")) != 0 {
		return fmt.Errorf("%w: %d bytes stand behind its last section and would be lost", ErrStub, size-end)
	}
	return nil
}

func appManifest(level Level) *winres.AppManifest {
	m := &winres.AppManifest{
		Compatibility:       winres.Win7AndAbove,
		ExecutionLevel:      winres.RequireAdministrator,
		DPIAwareness:        winres.DPIPerMonitorV2,
		LongPathAware:       true,
		UseCommonControlsV6: true,
	}
	if level == AsInvoker {
		m.ExecutionLevel = winres.AsInvoker
	}
	return m
}

// versionBlock builds a VS_VERSIONINFO with the one table 000004B0. Strings without value are left out.
func versionBlock(file, product pefile.Version, fileType uint32, all []pefile.String) ([]byte, error) {
	var kept []pefile.String
	var faults []error
	for _, s := range all {
		if strings.ContainsFunc(s.Value, func(r rune) bool { return r < ' ' }) {
			faults = append(faults, fmt.Errorf("version resource: %s %q holds a control character", s.Name, s.Value))
		}
		if s.Value != "" {
			kept = append(kept, s)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	v := pefile.VersionInfo{
		File: file, Product: product, FlagsMask: 0x3f, OS: 0x40004, Type: fileType, // Windows NT
		Tables:       []pefile.StringTable{{Language: neutral, CodePage: unicode, Strings: kept}},
		Translations: []pefile.Translation{{Language: neutral, CodePage: unicode}},
	}
	return v.Bytes()
}
