package lint

import "github.com/kbforge/kbforge/inf/updateinf"

// This file is the vocabulary of numbers: directory ids and flags.

// DirIDs are the directory ids that INF files can use (INF docs, "Using Dirids"; shell folders are 16384 + CSIDL; those
// above 65536 are private to Update.exe: WP Appendix B, Appendix D, and real packages). False: this installer does not resolve it.
func DirIDs() map[int]bool {
	m := map[int]bool{-1: true, 65535: true, 1: true, 10: true, 11: true, 12: true, 13: false, 17: true, 18: true, 20: true, 21: true,
		23: true, 24: true, 25: true, 30: true, 50: true, 51: true, 52: true, 53: false, 54: true, 55: true,
		65619: true, 65623: true, 65701: true}
	const shell = 16384
	for _, csidl := range []int{0x00, 0x02, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x0D, 0x0E, 0x10, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B,
		0x1C, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x35, 0x36, 0x37, 0x38} {
		m[shell+csidl] = true
	}
	for _, csidl := range []int{0x1D, 0x1E, 0x39, 0x3A, 0x3B} { // old start-up folders, localised resources, CD burning
		m[shell+csidl] = false
	}
	return m
}

const (
	copyFileFlags = updateinf.CopyWarnIfSkip | updateinf.CopyNoSkip | updateinf.CopyNoVersionCheck | updateinf.CopyForceFileInUse |
		updateinf.CopyNoOverwrite | updateinf.CopyNoVersionDialog | updateinf.CopyOverwriteOlderOnly | updateinf.CopyReplaceOnly |
		updateinf.CopyNoDecompress | updateinf.CopyReplaceBootFile | updateinf.CopyNoPrune | updateinf.CopyInUseRename
	delFileFlags = updateinf.DelInUse | updateinf.DelInUse1

	typeBits    uint32 = 0xFFFF0000
	addRegFlags        = typeBits | updateinf.FlgAddRegBinValueType | updateinf.FlgAddRegNoClobber | updateinf.FlgAddRegDelVal |
		updateinf.FlgAddRegAppend | updateinf.FlgAddRegKeyOnly | updateinf.FlgAddRegOverwriteOnly | updateinf.FlgAddReg64BitKey |
		updateinf.FlgAddRegKeyOnlyCommon | updateinf.FlgAddReg32BitKey
	delRegFlags = updateinf.FlgDelRegKeyOnlyCommon | updateinf.FlgDelReg32BitKey | updateinf.FlgDelRegMultiSZDelString
	bitRegFlags = updateinf.FlgBitRegSetBits | updateinf.FlgBitReg32BitKey

	// Flags of RegisterDlls (INF docs): FLG_REGSVR_DLLREGISTER, FLG_REGSVR_DLLINSTALL.
	registerFlags uint32 = 0x1 | 0x2
)

// copyFlagNames are the names in CopyFlags=, after SP_COPY_ (WP Appendix B, [ProductInstall.Conditional]; setupapi.h).
func copyFlagNames() []string {
	return []string{"DELETESOURCE", "REPLACEONLY", "NEWER", "NEWER_OR_SAME", "NOOVERWRITE", "NODECOMP", "LANGUAGEAWARE", "SOURCE_ABSOLUTE",
		"SOURCEPATH_ABSOLUTE", "IN_USE_NEEDS_REBOOT", "FORCE_IN_USE", "NOSKIP", "FORCE_NOOVERWRITE", "FORCE_NEWER", "WARNIFSKIP", "NOBROWSE",
		"NEWER_ONLY", "OEMINF_CATALOG_ONLY", "REPLACE_BOOT_FILE", "NOPRUNE", "OEM_F6_INF"}
}
