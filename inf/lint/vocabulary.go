package lint

// This file is the vocabulary: which sections there are, what lines they have, which keys, and what their values name.

// role is what a section is read as. A section has one by its name, or gets it from what names it.
type role uint8

const (
	none role = iota
	version
	configuration
	stringTable
	destinationDirs
	diskNames
	diskFiles
	catalogs
	archive
	install // CopyFiles=, AddReg= …
	conditional
	conditionalPart
	registerInclude
	extended
	extendedPart
	extendedOps
	prerequisite
	tests
	dirInclude
	dirIDPart
	copyFiles
	delFiles
	renFiles
	addReg
	delReg
	bitReg
	registerDlls
	profileItems
	saveReg
	uninstallPairs
	uninstallChanges // [GlobalRegistryChanges] of spuninst.inf
	keepFiles
	commands
	services
	exclusions
	renameDirs
	assignments // any name=value
	free        // any line
	watson
	dirOnly // a file section of which only the directory is asked
)

// form is what lines look like.
type form uint8

const (
	keyed   form = iota // key=value, keys of the list; the first line of a key counts unless it may repeat
	open                // name=value with any name; the first line of a name counts
	bare                // fields without a key
	anyForm             // whatever stands there
)

// value is what a key holds.
type value uint8

const (
	text value = iota
	number
	level     // service pack level * 256
	language  // language id
	names     // sections, each with the key's role
	condText  // combiner, section
	flagNames // SP_COPY_ names joined by "|"
	function  // CustomFunction,dll,function or CheckInstall,file,file
)

type key struct {
	name   string
	value  value
	to     role // of the sections that names and condText name
	repeat bool
}

type shape struct {
	form   form
	keys   []key
	fields int    // least number of fields of a bare line
	write  string // the form in words
}

// decoration is what may stand after, or before, a section's name.
type decoration uint8

const (
	plain     decoration = iota
	bySKU                // .Professional; or none
	needsSKU             // .Append.IA
	skuFiles             // ProductInstall.<SKU>Files
	byArch               // .amd64
	byLang               // .040C
	inFront              // IE7.Save.Reg.For.Uninstall; also behind
	anySuffix            // .Cancel
)

type section struct {
	name string
	deco decoration
	role role
}

// updateSections are the sections of an update INF. WP Appendix B, but where a source is given.
func updateSections() []section {
	return []section{
		{"Version", plain, version}, {"Configuration", plain, configuration}, {"Strings", byLang, stringTable},
		{"DestinationDirs", plain, destinationDirs}, {"SourceDisksNames", byArch, diskNames}, {"SourceDisksFiles", byArch, diskFiles},
		{"ProductCatalogsToInstall", plain, catalogs}, {"ArchiveCatalogFilesOnly", plain, archive},
		{"ProductInstall.Conditional", plain, conditional}, {"Register.Include", plain, registerInclude},
		{"ProductInstall.ExtendedConditional", plain, extended},     // seen in real packages
		{"ProductInstall.RenameDirectories", anySuffix, renameDirs}, // OURS; decorated: further directories
		{"ProductInstall.DontDelayUntilReboot", bySKU, install},     // seen in real packages
		{"ProductInstall.CopyFilesAlways", bySKU, install}, {"ProductInstall.ReplaceFilesIfExist", bySKU, install},
		{"ProductInstall.UniprocessorFiles", plain, install}, {"ProductInstall.MultiprocessorFiles", plain, install}, // seen in real packages
		{"ProductInstall.GlobalRegistryChanges.Install", bySKU, install}, {"ProductInstall.GlobalRegistryChanges.ReInstall", bySKU, install},
		{"ProductInstall.GlobalRegistryChanges.Append", needsSKU, install}, // seen in real packages
		{"ProductInstall.", skuFiles, install},                             // seen in real packages
		{"Save.Reg.For.Uninstall", inFront, saveReg}, {"UninstallSections", plain, uninstallPairs},
		{"DeleteFilesInUninstallSections", plain, keepFiles}, // seen in a real package
		{"DirectoryId.Include", plain, dirInclude},
		{"Prerequisite", plain, prerequisite}, {"PreRequisite.Uninstall", plain, prerequisite}, // .Uninstall: seen in real packages
		{"ProcessesToRun", anySuffix, commands}, {"ProcessesToRunAfterReboot", bySKU, commands}, {"ProcessesToRunAfterUninstallReboot", bySKU, commands},
		{"ProcessesToRunBeforeInstall", bySKU, commands}, {"ProcessesToRunAfterUninstall", bySKU, commands}, // OURS
		{"ServicesToStopAndStart", plain, services}, {"ServicesToStopAndStart.Uninstall", plain, services}, // seen in real packages
		{"DEVICEID.EXCLUSIONS", plain, exclusions}, {"PROVIDER.EXCLUSIONS", plain, exclusions}, {"OEMDriver.Exclusions", plain, free},
		{"DeviceClassList", plain, assignments}, {"DevicesToUpgrade", plain, assignments},
		{"WatsonManifestMode", anySuffix, watson}, {"LinkItems.Create", plain, free},
		{"DynamicStrings", plain, free}, {"InfProductBuildType", plain, free}, {"BuildType", anySuffix, free}, // seen in logs
	}
}

// conventional are section names that packages have, often empty, and that count only if [UninstallSections] names them
// (WP Appendix B).
func conventional() []string {
	return []string{"GlobalRegistryChanges.UnInstall", "Add.Reg.Uninstall", "Del.Reg.Uninstall", "LinkItems.Create.Uninstall"}
}

// shapes are the lines of each role.
func shapes() map[role]shape {
	return map[role]shape{
		version: {form: keyed, keys: []key{
			{name: "Signature"}, {name: "LanguageType", value: language}, {name: "CatalogFile"}, {name: "RebootRequired", value: number},
			{name: "NtBuildToUpdate", value: number}, {name: "MaxNtBuildToUpdate", value: number},
			{name: "NtMajorVersionToUpdate", value: number}, {name: "MaxNtMajorVersionToUpdate", value: number},
			{name: "NtMinorVersionToUpdate", value: number}, {name: "MaxNtMinorVersionToUpdate", value: number},
			{name: "MinNtServicePackVersion", value: level}, {name: "MaxNtServicePackVersion", value: level},
			{name: "ThisServicePackVersion", value: level}, {name: "NtServicePackVersion", value: level}}}, // the last: seen in a real package
		configuration: {form: keyed, keys: []key{
			{name: "InstallationType"}, {name: "InstallLogFileName"}, {name: "UnInstallLogFileName"}, {name: "UnInstallDirName"},
			{name: "EventLogKeyName"}, {name: "EventLogDllName"}, {name: "noPNPfiles", value: number},
			// seen in real packages:
			{name: "UpdateRegKey"}, {name: "CustomizationDll"}, {name: "UninstallCustomizationDll"},
			{name: "ServiceFileInUseDetect", value: number}, {name: "AppFileInUseDetect", value: number},
			{name: "WaitTimeForServiceStop", value: number}, {name: "DeviceClassInfo"}}},
		stringTable:     {form: open, write: `name="text"`},
		destinationDirs: {form: open, write: "section=directory-id[,subdirectory]"},
		diskNames:       {form: open, write: "number=description"},
		diskFiles:       {form: open, write: "file=disk[,subdirectory]"},
		catalogs:        {form: bare, fields: 1, write: "name,path"},
		archive:         {form: bare, fields: 1, write: "name"},
		install: {form: keyed, keys: []key{
			{"CopyFiles", names, copyFiles, true}, {"DelFiles", names, delFiles, true}, {"RenFiles", names, renFiles, true},
			{"AddReg", names, addReg, true}, {"DelReg", names, delReg, true}, {"BitReg", names, bitReg, true},
			{"RegisterDlls", names, registerDlls, true}, {"UnregisterDlls", names, registerDlls, true}, // INF docs
			{"ProfileItems", names, profileItems, true}}},
		conditional:     {form: keyed, keys: []key{{"FileCondition", names, conditionalPart, true}}},
		registerInclude: {form: keyed, keys: []key{{"RegCondition", names, conditionalPart, true}}},
		conditionalPart: {form: keyed, keys: []key{{name: "InstallFromSection", value: names, to: install}, {name: "Operation", value: function},
			{name: "CopyFlags", value: flagNames}, {name: "TargetFromSection", value: names, to: dirOnly}}},
		extended: {form: keyed, keys: []key{{"ConditionInstall", names, extendedPart, true}}},
		extendedPart: {form: keyed, keys: []key{{"condition", condText, tests, true}, {"ConditionalOperations", names, extendedOps, true},
			{name: "Display_String"}}},
		extendedOps:  {form: keyed, keys: []key{{"FileOperation", names, install, true}, {"RegistryOperation", names, install, true}}},
		prerequisite: {form: keyed, keys: []key{{"condition", condText, tests, true}, {name: "Display_String"}}},
		tests:        {form: anyForm}, // see conditions.go
		dirInclude:   {form: keyed, keys: []key{{"AddDirId", names, dirIDPart, true}}},
		dirIDPart: {form: keyed, keys: []key{{name: "DirId", value: number}, {name: "CustomFunction"},
			{name: "InstallFromSection", value: names, to: install}, {name: "CopyFlags", value: flagNames}}},
		copyFiles:      {form: bare, fields: 1, write: "destination[,source[,,flags]]"},
		delFiles:       {form: bare, fields: 1, write: "file[,,,flags]"},
		renFiles:       {form: bare, fields: 2, write: "new-name,old-name"},
		addReg:         {form: bare, fields: 1, write: "root,key,name,flags,data"},
		delReg:         {form: bare, fields: 2, write: "root,key[,name]"},
		bitReg:         {form: bare, fields: 6, write: "root,key,name,flags,mask,byte"},
		registerDlls:   {form: bare, fields: 4, write: "directory-id,subdirectory,file,flags"},
		profileItems:   {form: anyForm},
		saveReg:        {form: bare, fields: 2, write: "root,key[,name]"},
		uninstallPairs: {form: bare, fields: 2, write: "name-in-spuninst.inf,section-of-this-file"},
		uninstallChanges: {form: keyed, keys: []key{{"AddReg", names, addReg, true}, {"DelReg", names, delReg, true}, {"BitReg", names, bitReg, true},
			{"RegisterDlls", names, registerDlls, true}, {"UnregisterDlls", names, registerDlls, true}}},
		keepFiles:   {form: bare, fields: 2, write: `SystemRoot\system32.delete.files,"file"`},
		commands:    {form: bare, fields: 1, write: `"command line"`},
		services:    {form: bare, fields: 1, write: "service"},
		exclusions:  {form: bare, fields: 1, write: "name"},
		renameDirs:  {form: bare, fields: 2, write: "from,to"},
		assignments: {form: open, write: "name=value"},
		free:        {form: anyForm},
		dirOnly:     {form: anyForm},
		watson:      {form: open, write: "name=value"}, // keys: Application Error Reporting
	}
}

// SKUs are the editions that a decoration can name, in lower case: words of WP Appendix B, product build types seen in real
// packages and logs.
func SKUs() []string {
	return []string{"professional", "workstation", "ip", "server", "is", "advanced", "enterprise", "ia", "datacenter", "id", "blade", "ib", "business"}
}

// archDecorations are those of SourceDisksFiles and SourceDisksNames (INF docs; arm64: OURS for this kind of package).
func archDecorations() []string { return []string{"x86", "amd64", "ia64", "arm64"} }

// conventionalStrings are names of [Strings] that packages have whether something uses them or not (seen in real packages).
func conventionalStrings() []string {
	return []string{"SP_SHORT_TITLE", "SP_TITLE", "COMMENT", "SERVICE_PACK_NUMBER", "BUILDTIMESTAMP", "EXPIRETIMESTAMP", "LangTypeValue",
		"LCID", "PACKAGE_ARCHITECTURE", "ServicePackSourceFiles", "HELPLINK", "URLInfoAbout", "PARENT_DISPLAY_NAME", "PARENT_KEY_NAME",
		"UPDATEREGKEY", "Package_Version", "Publisher", "Publishing_Group_Name", "KB_Release_Type", "ARP_Link", "Installer_Name",
		"Installer_Version", "DisplayVersion", "DisplayIcon", "DriverVer"}
}

// environment are variables of the system that values hold as %name% (Windows; the substitution leaves them alone).
func environment() []string {
	return []string{"SystemRoot", "windir", "SystemDrive", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432", "CommonProgramFiles",
		"CommonProgramFiles(x86)", "CommonProgramW6432", "ProgramData", "AllUsersProfile", "UserProfile", "UserName", "AppData", "LocalAppData",
		"Public", "Path", "Temp", "Tmp", "ComSpec", "ComputerName", "HomeDrive", "HomePath", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS", "OS"}
}
