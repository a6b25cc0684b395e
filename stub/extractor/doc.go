// Command extractor is the executable in front of a package's cabinet. It extracts, and unless it is asked for just that, runs
// the installer inside and passes on its exit code.
//
// Started with /extract[:path] (or /x, -x) it puts the files there (WP "Extracting Update Package Contents Prior to
// Deployment", tables 13 and 14). Without a path it asks for one; with /quiet or /passive it makes a directory with a random
// name in the root of the current drive and writes the directory's path to standard output. Missing directories are made.
// Files that exist are overwritten, read-only ones too, as SFXCAB does and scripts that extract again expect (OURS); a
// directory that is a link is not followed. Switches of the installation are ignored there.
//
// Otherwise it makes a directory with a random name in the root of the local fixed drive with the most free space (WP "File
// Extraction"), which nobody but administrators and the system may enter (OURS), extracts, and starts update\update.exe,
// or the root's xpsp1hfm.exe in a dual-mode package, or update\update.exe below the folder of a service pack, with the rest of its command line exactly as it was given, /help
// included. Current directory, standard handles and window mode are handed on; the variable KBFORGE_SFX names the
// directory. When the installer has ended the directory is deleted. If the installer left a file "restart" there, with
// the word restart or force, the computer is restarted after that (the file is OURS; that the extractor restarts is WP
// Appendix D, "Shutdown Initiated in Self Extractor"), and 3010 becomes 0, since nothing is left to do.
//
// Exit codes are the installer's. Where there is none: 1603, or with /ER the code of WP table 24 or of Win32 that says why
// (WP table 19). Errors are shown unless /quiet, and written to standard error or the console of whoever started it.
//
// It links no fmt and no os, to stay small; internal/imports holds that.
package main
