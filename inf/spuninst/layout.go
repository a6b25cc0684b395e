package spuninst

import "strings"

// Sections of spuninst.inf. Reg.Delete.Values is named in the removal log of the WP (appendix D), "<dir>.delete.files" in a
// real package; the rest is OURS.
const (
	secVersion      = "Version"
	secConfig       = "Configuration"
	secStrings      = "Strings"
	secRemoveDirs   = "Remove.Dirs"
	secDeleteValues = "Reg.Delete.Values"
	secDeleteKeys   = "Reg.Delete.Keys"
	secRestoreKeys  = "Reg.Restore.Keys"
	secRestore      = "Reg.Restore" // lines of AddReg
	secCatDelete    = "Catalogs.Delete"
	secCatRestore   = "Catalogs.Restore"
	secStop         = "Services.Stop"
	secUnregister   = "Dlls.Unregister"
	secRegister     = "Dlls.Register"
	secDLLInstall   = "Dlls.Install" // path,1 or 0,argument
	secRenameDirs   = "Rename.Dirs"
	secProcesses    = "Processes.Run"
	secAfterReboot  = "Processes.RunAfterReboot"
	secRanks        = "Files.Order"

	// Files stand in a section for their directory: "SystemRoot\system32.restore.files". Without a directory in the name,
	// whole paths stand in the lines: for directories that no section name can carry.
	sufRestoreFiles = "restore.files"
	sufDeleteFiles  = "delete.files"

	// A section ".Raw" has the same entries in a form that can say any name, type and data:
	//
	//	root,flags,type,nkey,key…,nname,name…,byte,byte…
	//
	// nkey 0: the key is the next field as text; n > 0: it is n fields of hexadecimal digits, UTF-16LE. The same for the name.
	sufRaw = ".Raw"
)

// configKeys are the keys of [Configuration] and where their values are kept.
func (r *Removal) configKeys() []configKey {
	return []configKey{
		{"InstallationType", &r.InstallationType},
		{"UnInstallLogFileName", &r.UnInstallLogFileName},
		{"UnInstallDirName", &r.UnInstallDirName},
		{"EventLogKeyName", &r.EventLogKeyName},
		{"EventLogDllName", &r.EventLogDllName},
		{"SP_SHORT_TITLE", &r.KB},
		{"SP_TITLE", &r.Title},
		{"UpdatesKey", &r.UpdatesKey},
		{"BackupDir", &r.BackupDir},
		{"InstallSequence", &r.Sequence},
		{"MigratedFor", &r.MigratedFor},
	}
}

type configKey struct {
	key  string
	into *string
}

// reserved tells whether a section copied from an update INF cannot keep its name, since it would mean something else here.
func reserved(name string) bool {
	fold := strings.ToLower(name)
	for _, s := range []string{secVersion, secConfig, secStrings, secRemoveDirs, secDeleteValues, secDeleteKeys, secRestoreKeys,
		secRestore, secCatDelete, secCatRestore, secStop, secUnregister, secRegister, secDLLInstall, secRenameDirs, secProcesses, secAfterReboot, secRanks, secDeleteValues + sufRaw, secDeleteKeys + sufRaw, secRestoreKeys + sufRaw,
		secRestore + sufRaw,
		sufRestoreFiles, sufDeleteFiles} {
		if strings.EqualFold(fold, s) {
			return true
		}
	}
	return strings.HasSuffix(fold, "."+sufRestoreFiles) || strings.HasSuffix(fold, "."+sufDeleteFiles)
}
