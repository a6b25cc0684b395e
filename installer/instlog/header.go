package instlog

import "time"

// separator begins each run's part of a log: 80 characters, as package installer 6.1 and later write it (62 before;
// counted in real logs).
const separator = "================================================================================"

// Run describes the process that writes a log; Start prints it.
type Run struct {
	Kind        Kind
	Image       string // full path of the running executable
	Version     string // of the executable, "6.1.22.4"
	CommandLine string // the switches as given, without the executable
	From        string // removal only: the backup directory, C:\WINDOWS\$NtUninstallKB834707$
}

// Kind is what a run does; it chooses the words of the header.
type Kind uint8

const (
	Hotfix Kind = iota
	ServicePack
	Removal
	Scan // of the installed updates (OURS)
)

// Start writes the header of a run: separator, local time, image and version, command line (WP Appendix D). The version
// part is left out when the version is unknown.
func (l *Log) Start(r Run) {
	if l == nil || l.w == nil && l.json == nil {
		return
	}
	l.Info(separator)
	l.Info("%s (local)", stamp(l.time()))
	if r.Version == "" {
		l.Info("%s", r.Image)
	} else {
		l.Info("%s (version %s)", r.Image, r.Version)
	}
	switch r.Kind {
	case Removal:
		l.Info("Spuninst.exe was run with the following arguments:  %s", r.CommandLine) // two blanks: WP Appendix D
		l.Info("Spuninst.exe is being run from the following location: %s", r.From)
	case Scan:
		l.Info("Scan of the installed updates started with following command line: %s", r.CommandLine)
	case ServicePack:
		l.Info("Service Pack started with following command line: %s", r.CommandLine)
	default:
		l.Info("Hotfix started with following command line: %s", r.CommandLine)
	}
}

func stamp(t time.Time) string { return t.Format("2006/01/02 15:04:05.000") }
