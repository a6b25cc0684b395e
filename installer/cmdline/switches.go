package cmdline

// Mode says whose command line is read.
type Mode uint8

const (
	Install Mode = 1 << iota // update.exe
	Remove                   // spuninst.exe
	Wrapper                  // the package itself: what Install takes, and the extraction switches of WP table 13
)

const everywhere = Install | Remove | Wrapper
const installing = Install | Wrapper

// argument says what may follow a switch after a colon.
type argument uint8

const (
	none argument = iota
	optionalSeconds
	requiredSeconds
	requiredPath
	optionalPath
	requiredName
	onlyDisable // the word "disable"
)

// Switch is one line of the table of switches.
type Switch struct {
	Name     string   // without the slash
	Old      []string // names of older installers, without the slash
	Since    string   // first installer version that knows Name, "" where no version is documented
	Modes    Mode
	Argument string // as the help shows it: ":path", "[:seconds]"
	Help     string // one sentence
	Source   string // where the switch is documented; "OURS" for kbforge's own

	arg argument
	set func(*Options, string)
}

// Switches lists every switch, in the order of WP table 15, then the undocumented ones of real packages, then OURS.
func Switches() []Switch {
	return []Switch{
		{Name: "help", Old: []string{"?", "h"}, Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15, KB 184305",
			Help: "Show this help. Must be used alone.",
			set:  func(o *Options, _ string) { o.Help = true }},
		{Name: "passive", Old: []string{"u", "m"}, Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15; /m KB 184305",
			Help: "Unattended mode: show progress, ask nothing; if a restart is required, count down 30 seconds.",
			set:  func(o *Options, _ string) { o.Passive = true }},
		{Name: "quiet", Old: []string{"q"}, Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15",
			Help: "Quiet mode: as unattended mode, but show no status and no error messages.",
			set:  func(o *Options, _ string) { o.Quiet = true }},
		{Name: "norestart", Old: []string{"z"}, Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15",
			Help: "Do not restart the computer when done.",
			set:  func(o *Options, _ string) { o.NoRestart = true }},
		{Name: "warnrestart", Since: "6.1.22.0", Modes: everywhere, Argument: "[:seconds]", Source: "WP table 15",
			Help: "With /quiet or /passive: warn, count down (30 seconds unless given) and restart if required.",
			arg:  optionalSeconds, set: func(o *Options, s string) { o.WarnRestart = WarnRestart{Set: true, Seconds: parseSeconds(s)} }},
		{Name: "forcerestart", Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15",
			Help: "Restart when done, and close other programs at shutdown without saving open files first.",
			set:  func(o *Options, _ string) { o.ForceRestart = true }},
		{Name: "promptrestart", Since: "6.1.22.0", Modes: everywhere, Source: "WP table 15",
			Help: "With /quiet: ask before restarting if a restart is required.",
			set:  func(o *Options, _ string) { o.PromptRestart = true }},
		{Name: "forceappsclose", Old: []string{"f"}, Since: "5.4.15.0", Modes: everywhere, Source: "WP table 15",
			Help: "If a restart is required, close other programs at shutdown without saving.",
			set:  func(o *Options, _ string) { o.ForceAppsClose = true }},
		{Name: "nobackup", Old: []string{"n"}, Since: "6.1.22.0", Modes: installing, Source: "WP table 15",
			Help: "Do not back up files for removal. The update cannot be removed later.",
			set:  func(o *Options, _ string) { o.NoBackup = true }},
		{Name: "overwriteoem", Old: []string{"o"}, Since: "6.1.22.0", Modes: installing, Source: "WP table 15",
			Help: "Overwrite OEM files without asking. Unattended mode keeps them otherwise.",
			set:  func(o *Options, _ string) { o.OverwriteOEM = true }},
		{Name: "integrate", Old: []string{"s"}, Since: "5.4.15.0", Modes: installing, Argument: ":path", Source: "WP table 15",
			Help: "Integrate the update into the Windows installation source files at the path.",
			arg:  requiredPath, set: func(o *Options, s string) { o.Integrate = s }},
		{Name: "log", Since: "6.1.22.0", Modes: everywhere, Argument: ":path", Source: "WP table 15",
			Help: "Write the log to this file.",
			arg:  requiredPath, set: func(o *Options, s string) { o.Log = s }},
		{Name: "ER", Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15; accepted and honoured for removal too (OURS)",
			Help: "Return extended error codes.",
			set:  func(o *Options, _ string) { o.ER = true }},
		{Name: "verbose", Old: []string{"v"}, Since: "5.3.24.4", Modes: everywhere, Source: "WP table 15",
			Help: "Log in detail.",
			set:  func(o *Options, _ string) { o.Verbose = true }},
		{Name: "d", Since: "5.3.16.5", Modes: installing, Argument: ":path", Source: "WP table 15",
			Help: "Service packs only: back up files to this directory.",
			arg:  requiredPath, set: func(o *Options, s string) { o.BackupDir = s }},
		{Name: "hotpatch", Modes: installing, Argument: ":disable", Source: "WP table 15",
			Help: "Do not hotpatch running programs.",
			arg:  onlyDisable, set: func(o *Options, _ string) { o.HotpatchDisable = true }},
		{Name: "extract", Old: []string{"x"}, Since: "5.3.24.4", Modes: Wrapper, Argument: "[:path]", Source: "WP table 13",
			Help: "Extract the files of the package (to the path) and do not install them.",
			arg:  optionalPath, set: func(o *Options, s string) { o.Extract = Extract{Set: true, Path: s} }},
		{Name: "l", Modes: installing, Source: "KB 184305",
			Help: "List the installed updates.",
			set:  func(o *Options, _ string) { o.List = true }},
		{Name: "b", Modes: installing, Argument: ":branch", Source: "real packages (6.x), undocumented in WP",
			Help: "Install from this branch (RTMGDR, SP1QFE, ...) instead of the one that fits the computer.",
			arg:  requiredName, set: func(o *Options, s string) { o.Branch = s }},
		{Name: "uninstall", Old: []string{"y"}, Modes: installing, Source: "help text of Windows XP SP2; /y KB 184305",
			Help: "Remove the update instead of installing it.",
			set:  func(o *Options, _ string) { o.Uninstall = true }},
		{Name: "norestorepoint", Modes: installing, Source: "OURS",
			Help: "Set no system restore point before the installation.",
			set:  func(o *Options, _ string) { o.NoRestorePoint = true }},
		{Name: "status", Modes: everywhere, Source: "OURS",
			Help: "List the installed updates and check that each is as it was installed.",
			set:  func(o *Options, _ string) { o.Status = true }},
		{Name: "repair", Modes: everywhere, Source: "OURS",
			Help: "As /status, and restore what is damaged, from the package or from copies on the computer.",
			set:  func(o *Options, _ string) { o.Repair = true }},
		{Name: "dryrun", Modes: everywhere, Source: "OURS",
			Help: "Make the plan, show it, and change nothing.",
			set:  func(o *Options, _ string) { o.DryRun = true }},
		{Name: "wait", Modes: everywhere, Argument: ":seconds", Source: "OURS",
			Help: "If another installation is running, wait for its end at most this long instead of failing.",
			arg:  requiredSeconds, set: func(o *Options, s string) { o.WaitSeconds = parseSeconds(s) }},
		{Name: "json-log", Modes: everywhere, Argument: ":path", Source: "OURS",
			Help: "Also write the log as JSON lines to this file.",
			arg:  requiredPath, set: func(o *Options, s string) { o.JSONLog = s }},
	}
}

// find looks a switch up by its name or an older one, without regard to case.
func find(name string) (Switch, bool) {
	for _, s := range Switches() {
		if equalFold(s.Name, name) {
			return s, true
		}
		for _, old := range s.Old {
			if equalFold(old, name) {
				return s, true
			}
		}
	}
	return Switch{}, false
}
