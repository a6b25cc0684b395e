package ui

import (
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/ui/text"
)

// question makes one of the table's sentences, in English; In translates it. name is the part of the keys between
// "question." and ".text".
func question(topic Topic, name string, def Answer, title string, args ...string) Question {
	q := Question{Topic: topic, Title: title, Default: def, name: name, args: args}
	return q.In(text.English())
}

// In returns the question in another language. Title and details stay: they come from the package or the machine. A
// question that was not made by a function of this package stays as it is.
func (q Question) In(t text.Text) Question {
	if q.name == "" {
		return q
	}
	key := func(part string) text.Key { return text.Key("question." + q.name + "." + part) }
	q.Text, q.Yes, q.No = t.Get(key("text"), q.args...), t.Get(key("yes")), t.Get(key("no"))
	if q.ownText != "" {
		q.Text = q.ownText
	}
	if q.ownYes != "" {
		q.Yes = q.ownYes
	}
	return q
}

// AskWelcome greets: the update is known and nothing was looked at or changed yet. Unattended mode goes on.
func AskWelcome(title string) Question { return question(Welcome, "welcome", Yes, title, title) }

// AskWelcomeRemoval is AskWelcome of a removal.
func AskWelcomeRemoval(title string) Question {
	return question(Welcome, "welcome-removal", Yes, title, title)
}

// AskLicence asks to accept a licence. Unattended installation accepts it (WP: /quiet and /passive need no interaction).
func AskLicence(title, licence string) Question {
	q := question(Licence, "licence", Yes, title)
	q.Details = licence
	return q
}

// AskArchive asks whether and where the files that a service pack replaces are kept (WP "Attended Mode": "determine whether
// to back up files, and if so, where to back them up"). f.Path is the default, and after a Yes what was chosen. Unattended
// mode keeps them there.
func AskArchive(title string, f *Folder) Question {
	q := question(Archive, "archive", Yes, title)
	q.Folder, q.Details = f, f.Path
	return q
}

// AskRestart asks to restart now. With a countdown the restart comes by itself when it has run out. Quiet mode restarts
// without asking (WP table 15).
func AskRestart(title string, countdown time.Duration) Question {
	name := "restart"
	if countdown > 0 {
		name = "restart-countdown"
	}
	q := question(Restart, name, Yes, title)
	q.Countdown = countdown
	return q
}

// AskOverwriteOEM asks whether a file of the computer's manufacturer may be overwritten. "Running in unattended mode will not
// overwrite OEM files unless the /overwriteoem option is specified" (WP table 15).
func AskOverwriteOEM(title, file string) Question {
	return question(OverwriteOEM, "oem", No, title, file)
}

// AskCloseApps asks whether applications that hold files may be closed. Unattended mode leaves them (OURS): the files are
// replaced at the next start.
func AskCloseApps(title string, apps []string) Question {
	q := question(CloseApps, "close-apps", No, title)
	q.Details = strings.Join(apps, "\n")
	return q
}

// AskSafeMode warns of safe mode (package installer 5.3.18.6 and later, WP table 23). Unattended mode goes on (OURS).
func AskSafeMode(title string) Question { return question(SafeMode, "safe-mode", Yes, title) }

// AskRemovalOrder asks whether to remove an update although later ones were installed after it (WP table 22). Unattended
// mode does not (OURS, code STATUS_UNINSTALL_OUT_OF_ORDER).
func AskRemovalOrder(title string, later []string) Question {
	q := question(RemovalOrder, "removal-order", No, title)
	q.Details = strings.Join(later, "\n")
	return q
}

// AskDropEntry asks whether the entry of an update whose backup is gone shall be taken out of Add or Remove Programs (KB 329260).
// Unattended mode leaves it (OURS).
func AskDropEntry(title, dir string) Question {
	q := question(DropEntry, "drop-entry", No, title)
	q.Details = dir
	return q
}

// AskDiskSpace asks to try again when there is not enough space; details says where and how much. Unattended mode gives up.
func AskDiskSpace(title, details string) Question {
	q := question(DiskSpace, "disk-space", No, title)
	q.Details = details
	return q
}

// AskBlocklist warns of programs or devices that do not work with the update (WP Appendix B, the blocklist of update.inf).
// Unattended mode gives up (OURS).
func AskBlocklist(title string, names []string) Question {
	q := question(Blocklist, "blocklist", No, title)
	q.Details = strings.Join(names, "\n")
	return q
}

// AskReport asks whether to send a report of a failure; file is where the copy is kept. Without a person nothing is sent
// unless policy says so. intro and button are the package's own words ([WatsonManifestMode.*], WP Appendix B); empty: ours.
func AskReport(title, file, intro, button string) Question {
	q := question(Report, "report", No, title)
	q.Details, q.ownText, q.ownYes = file, intro, button
	return q.In(text.English())
}
