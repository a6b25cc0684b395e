// Package selfcopy lets a program delete itself and its directory: Windows lets no running image be deleted, so the program
// does its work in a copy (the technique is Jeffrey Richter's, Microsoft Systems Journal, January 1996).
//
//	original                                    copy, %windir%\kb<random>.exe
//	copies itself, opens the copy with
//	FILE_FLAG_DELETE_ON_CLOSE (inheritable),
//	starts it                                   works, leaving the original alone
//	reads the exit code from a pipe      <---   Report
//	exits with it                               Clean: waits for the original to end,
//	                                            deletes it and its directories
//	                                            ends; its last handle closes, its file goes
//
// If whoever started the original kills its whole job at once when it ends, the copy may not get through: the original's
// file and directories stay then. The copy leaves the job where that is allowed.
package selfcopy
