// Package imagehost is host.Host over an offline image: a directory that holds a machine's tree, its registry as text and
// a few facts about it. It needs no Windows. docs/image.md describes the directory for users:
//
//	image.ini             facts of the machine
//	drive/C/...           the files; names compare without regard to case
//	attributes.txt        attributes that differ from the default
//	registry/HKLM.reg     HKEY_LOCAL_MACHINE without volatile keys (package regtext)
//	registry/HKU.reg      HKEY_USERS
//	registry/volatile.reg volatile keys; gone after SimulateRestart
//	eventlog.txt          what ReportEvent wrote
//	boot-tasks.txt        what Defer recorded for the next start; missing if nothing waits
//	journal.log           changes not yet in the text files; only while a Host is open or after a kill
//	tmp/                  files being written; emptied at Open
//
// # One at a time
//
// A Host holds the image alone (a lock on image.ini); a second Open, by this or another process, gives host.ErrBusy. So
// Lock needs no file. Changes made to the directory by others meanwhile are mostly noticed but not promised.
//
// # Kills
//
// A process may be killed at any instant. Every change of the registry or of an attribute is in journal.log when the
// call returns, and Open applies it. A file's content is replaced by a rename, so a file is always whole. FlushRegistry
// makes the journal durable on disk; Close writes the text files anew and drops the journal.
//
// # Links
//
// A symbolic link in the tree shows AttrReparse and is never followed, neither as the last element of a path nor before.
// Everything goes through os.Root, so nothing outside the image is touched.
package imagehost
