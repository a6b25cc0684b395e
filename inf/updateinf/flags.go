package updateinf

// Flags of AddReg, DelReg and BitReg lines (INF documentation; FLG_ADDREG_*, FLG_DELREG_*).
const (
	FlgAddRegBinValueType  uint32 = 0x00000001
	FlgAddRegNoClobber     uint32 = 0x00000002 // keep an existing value
	FlgAddRegDelVal        uint32 = 0x00000004 // delete the value, or the key
	FlgAddRegAppend        uint32 = 0x00000008 // add to a REG_MULTI_SZ (real packages: also to a REG_EXPAND_SZ)
	FlgAddRegKeyOnly       uint32 = 0x00000010 // create the key only
	FlgAddRegOverwriteOnly uint32 = 0x00000020 // only if the value exists
	FlgAddReg64BitKey      uint32 = 0x00001000
	FlgAddRegKeyOnlyCommon uint32 = 0x00002000
	FlgAddReg32BitKey      uint32 = 0x00004000

	FlgAddRegTypeSZ       uint32 = 0x00000000
	FlgAddRegTypeMultiSZ  uint32 = 0x00010000
	FlgAddRegTypeExpandSZ uint32 = 0x00020000
	FlgAddRegTypeBinary   uint32 = 0x00000001
	FlgAddRegTypeDWORD    uint32 = 0x00010001
	FlgAddRegTypeNone     uint32 = 0x00020001
	FlgAddRegTypeQWORD    uint32 = 0x000B0001
	FlgAddRegTypeMask     uint32 = 0xFFFF0001 // the bits that say the type; other types: their number in the high word, plus 1

	FlgDelRegKeyOnlyCommon uint32 = 0x00002000
	FlgDelReg32BitKey      uint32 = 0x00004000
	// FlgDelRegMultiSZDelString removes one string from a REG_MULTI_SZ.
	FlgDelRegMultiSZDelString uint32 = 0x00018002

	FlgBitRegClearBits uint32 = 0x00000000
	FlgBitRegSetBits   uint32 = 0x00000001
	FlgBitReg32BitKey  uint32 = 0x00004000
)

// Flags of CopyFiles lines (INF documentation; COPYFLG_*).
const (
	CopyWarnIfSkip         uint32 = 0x1
	CopyNoSkip             uint32 = 0x2
	CopyNoVersionCheck     uint32 = 0x4  // overwrite whatever the versions
	CopyForceFileInUse     uint32 = 0x8  // behave as if the target were in use
	CopyNoOverwrite        uint32 = 0x10 // do not replace an existing file
	CopyNoVersionDialog    uint32 = 0x20 // keep a newer existing file silently
	CopyOverwriteOlderOnly uint32 = 0x40
	CopyReplaceOnly        uint32 = 0x400 // only if the file exists
	CopyNoDecompress       uint32 = 0x800
	CopyReplaceBootFile    uint32 = 0x1000 // restart if replaced
	CopyNoPrune            uint32 = 0x2000
	CopyInUseRename        uint32 = 0x4000
)

// Flags of DelFiles lines.
const (
	DelInUse  uint32 = 0x1 // delete at the restart if in use
	DelInUse1 uint32 = 0x10000
)

// Registry types (winnt.h), as RegLine.Value gives them.
const (
	RegNone     uint32 = 0
	RegSZ       uint32 = 1
	RegExpandSZ uint32 = 2
	RegBinary   uint32 = 3
	RegDWORD    uint32 = 4
	RegMultiSZ  uint32 = 7
	RegQWORD    uint32 = 11
)
