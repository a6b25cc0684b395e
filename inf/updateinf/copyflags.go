package updateinf

import (
	"errors"
	"strings"
)

// Flags of CopyFlags= in conditions (WP appendix B, [ProductInstall.Conditional]; values: setupapi.h).
const (
	SPCopyDeleteSource       uint32 = 0x1
	SPCopyReplaceOnly        uint32 = 0x2
	SPCopyNewerOrSame        uint32 = 0x4 // also SP_COPY_NEWER
	SPCopyNoOverwrite        uint32 = 0x8
	SPCopyNoDecomp           uint32 = 0x10
	SPCopyLanguageAware      uint32 = 0x20
	SPCopySourceAbsolute     uint32 = 0x40
	SPCopySourcePathAbsolute uint32 = 0x80
	SPCopyInUseNeedsReboot   uint32 = 0x100
	SPCopyForceInUse         uint32 = 0x200
	SPCopyNoSkip             uint32 = 0x400
	SPCopyForceNoOverwrite   uint32 = 0x1000
	SPCopyForceNewer         uint32 = 0x2000
	SPCopyWarnIfSkip         uint32 = 0x4000
	SPCopyNoBrowse           uint32 = 0x8000
	SPCopyNewerOnly          uint32 = 0x10000
	SPCopyOEMINFCatalogOnly  uint32 = 0x40000
	SPCopyReplaceBootFile    uint32 = 0x80000
	SPCopyNoPrune            uint32 = 0x100000
	SPCopyOEMF6INF           uint32 = 0x200000
)

// ErrCopyFlag is in the error of a file whose CopyFlags= has an unknown name (WP table 24: STATUS_INVALID_COPYFLAG).
var ErrCopyFlag = errors.New("unknown name in CopyFlags")

type copyFlag struct {
	name string
	bit  uint32
}

// copyFlags lists the names, without their prefix, by value; the first of a value is the one that is printed.
func copyFlags() []copyFlag {
	return []copyFlag{
		{"DELETESOURCE", SPCopyDeleteSource}, {"REPLACEONLY", SPCopyReplaceOnly},
		{"NEWER_OR_SAME", SPCopyNewerOrSame}, {"NEWER", SPCopyNewerOrSame},
		{"NOOVERWRITE", SPCopyNoOverwrite}, {"NODECOMP", SPCopyNoDecomp}, {"LANGUAGEAWARE", SPCopyLanguageAware},
		{"SOURCE_ABSOLUTE", SPCopySourceAbsolute}, {"SOURCEPATH_ABSOLUTE", SPCopySourcePathAbsolute},
		{"IN_USE_NEEDS_REBOOT", SPCopyInUseNeedsReboot}, {"FORCE_IN_USE", SPCopyForceInUse}, {"NOSKIP", SPCopyNoSkip},
		{"FORCE_NOOVERWRITE", SPCopyForceNoOverwrite}, {"FORCE_NEWER", SPCopyForceNewer}, {"WARNIFSKIP", SPCopyWarnIfSkip},
		{"NOBROWSE", SPCopyNoBrowse}, {"NEWER_ONLY", SPCopyNewerOnly}, {"OEMINF_CATALOG_ONLY", SPCopyOEMINFCatalogOnly},
		{"REPLACE_BOOT_FILE", SPCopyReplaceBootFile}, {"NOPRUNE", SPCopyNoPrune}, {"OEM_F6_INF", SPCopyOEMF6INF},
	}
}

const copyFlagPrefix = "SP_COPY_"

// parseCopyFlags reads "SP_COPY_FORCE_NEWER | SP_COPY_REPLACEONLY". bad is the first name that is none.
func parseCopyFlags(s string) (bits uint32, bad string) {
	if strings.TrimSpace(s) == "" {
		return 0, ""
	}
next:
	for _, name := range strings.Split(s, "|") {
		name = strings.TrimSpace(name)
		if rest, ok := cutPrefixFold(name, copyFlagPrefix); ok {
			for _, f := range copyFlags() {
				if strings.EqualFold(f.name, rest) {
					bits |= f.bit
					continue next
				}
			}
		}
		if bad == "" {
			bad = name
		}
	}
	return bits, bad
}

// formatCopyFlags is the inverse of parseCopyFlags; rest is what has no name.
func formatCopyFlags(bits uint32) (s string, rest uint32) {
	var names []string
	for _, f := range copyFlags() {
		if bits&f.bit != 0 {
			names = append(names, copyFlagPrefix+f.name)
			bits &^= f.bit
		}
	}
	return strings.Join(names, " | "), bits
}
