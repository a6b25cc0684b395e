// Command stub is the runtime of a package: update.exe, or xpsp1hfm.exe, which installs the extracted package it lies in,
// spuninst.exe, which removes the update whose backup directory it lies in, and spupdsvc.exe, the service that runs what an
// update left for the restart. It is one executable; its name tells which it is. It reads the switches, chooses the user
// interface, calls the engine (installer), and turns the outcome into an
// exit code and, where asked, a restart. It decides nothing about the machine.
//
// # Removal
//
// spuninst.exe must delete the directory that holds it, and Windows lets no running image be deleted. So it copies itself
// into the Windows directory, opens the copy so that it vanishes with its last handle, and starts it; the copy does the
// work, reports the exit code, waits for the original to end, and deletes what is left (stub/selfcopy).
//
// # The extractor
//
// A package's extractor starts update\update.exe with the environment variable KBFORGE_SFX naming the directory it
// extracted to. A restart is then not performed here: a file "restart" in that directory asks the extractor for it once
// it has cleaned up; its content is "restart" or "force" (close programs without saving). OURS; that the extractor
// restarts is WP Appendix D ("Shutdown Initiated in Self Extractor").
package main

// Environment variables by which the extractor tells its directory and the package it is.
const (
	sfxVariable     = "KBFORGE_SFX"
	packageVariable = "KBFORGE_PACKAGE"
)
