package ui

import (
	"fmt"
	"strings"
	"time"
)

// AskLicence asks to accept a licence. Unattended installation accepts it (WP: /quiet and /passive need no interaction).
func AskLicence(title, text string) Question {
	return Question{Topic: Licence, Title: title, Text: "Please read the licence agreement. Do you accept it? " +
		"If you do not, nothing is installed.", Details: text, Yes: "I &agree", No: "I do &not agree", Default: Yes}
}

// AskRestart asks to restart now. With a countdown the restart comes by itself when it has run out. Quiet mode restarts
// without asking (WP table 15).
func AskRestart(title string, countdown time.Duration) Question {
	q := Question{Topic: Restart, Title: title, Text: "You must restart your computer for the changes to take effect. " +
		"Save your work and close all programs.", Yes: "&Restart now", No: "&Later", Default: Yes, Countdown: countdown}
	if countdown == 0 {
		q.Text = "You must restart your computer for the changes to take effect. Do you want to restart it now?"
	}
	return q
}

// AskOverwriteOEM asks whether a file of the computer's manufacturer may be overwritten. "Running in unattended mode will not
// overwrite OEM files unless the /overwriteoem option is specified" (WP table 15).
func AskOverwriteOEM(title, file string) Question {
	return Question{Topic: OverwriteOEM, Title: title, Yes: "&Overwrite", No: "&Keep", Default: No,
		Text: fmt.Sprintf("The file %s was supplied by the manufacturer of your computer. Do you want to overwrite it?", file)}
}

// AskCloseApps asks whether applications that hold files may be closed. Unattended mode leaves them (OURS): the files are
// replaced at the next start.
func AskCloseApps(title string, apps []string) Question {
	return Question{Topic: CloseApps, Title: title, Yes: "&Close them", No: "&Leave them", Default: No,
		Text:    "These programs use files that must be replaced. If they are closed now, no restart may be needed.",
		Details: strings.Join(apps, "\n")}
}

// AskSafeMode warns of safe mode (package installer 5.3.18.6 and later, WP table 23). Unattended mode goes on (OURS).
func AskSafeMode(title string) Question {
	return Question{Topic: SafeMode, Title: title, Yes: "&Continue", No: "&Stop", Default: Yes,
		Text: "The computer runs in safe mode, where changes to the system may fail. Do you want to continue?"}
}

// AskRemovalOrder asks whether to remove an update although later ones were installed after it (WP table 22). Unattended
// mode does not (OURS, code STATUS_UNINSTALL_OUT_OF_ORDER).
func AskRemovalOrder(title string, later []string) Question {
	return Question{Topic: RemovalOrder, Title: title, Yes: "&Remove", No: "&Stop", Default: No,
		Text:    "These updates and programs were installed after this update. If it is removed, they may not run correctly.",
		Details: strings.Join(later, "\n")}
}
