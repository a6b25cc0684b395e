package main

import (
	"strings"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/winpath"
)

// personality is what an executable does, by its base name.
type personality uint8

const (
	installs   personality = iota // update.exe, xpsp1hfm.exe and any other name
	removes                       // spuninst.exe
	afterwards                    // spupdsvc.exe
	checks                        // qfecheck.exe, whose name is that of the tool of KB 282784
	recovers                      // recover.exe
)

func personalityOf(image string) personality {
	switch strings.ToLower(winpath.Base(image)) {
	case "spuninst.exe":
		return removes
	case afterboot.ImageName:
		return afterwards
	case "qfecheck.exe":
		return checks
	case installer.RecoveryEXE:
		return recovers
	}
	return installs
}

// packageRoot is the directory of the extracted package: update.exe lies in its folder "update", or "common" in a dual-mode
// package, whose xpsp1hfm.exe lies in the root itself (WP table 9).
func packageRoot(image string) string {
	if strings.EqualFold(winpath.Base(image), "xpsp1hfm.exe") {
		return winpath.Dir(image)
	}
	return winpath.Dir(winpath.Dir(image))
}

// uninstallDir is the backup directory: spuninst.exe lies in its folder "spuninst" (WP "Removing Software Updates").
func uninstallDir(image string) string { return winpath.Dir(winpath.Dir(image)) }
