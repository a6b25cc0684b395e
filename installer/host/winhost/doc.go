// Package winhost is host.Host on the Windows machine it runs on (Windows 10 or Server 2016 and later, the floor of Go).
//
// # Paths
//
// Every path goes to Windows in its \\?\ form, so that its length is not limited and nothing rewrites it. Symbolic links
// and junctions (reparse points whose tag is a name surrogate) are refused on the way and shown, not followed, at the end
// of a path; other reparse points, such as deduplicated files, read as the files they are.
//
// # 32-bit programs on 64-bit Windows
//
// A 386 build sees the native system32, whatever the file system redirector does: each call turns the redirection off
// for its thread (Wow64DisableWow64FsRedirection) and on again. "Sysnative" would not do: regedit.exe and
// lastgood\system32 are redirected too. All DLLs are loaded in New, since loading one while redirection is off fails.
//
// # Files that are replaced
//
// WriteFile and CopyFile write ~kb*.tmp beside the target, flush it, give it the target's owner, group and DACL
// (WriteFile) or the source's (CopyFile), and move it over the target with MOVEFILE_REPLACE_EXISTING and
// MOVEFILE_WRITE_THROUGH. ReplaceFile is not used: it may fail with the target gone (ERROR_UNABLE_TO_MOVE_REPLACEMENT_2). A
// process that is killed in between may leave the temporary file, and a target that was read-only may have lost that
// attribute.
//
// # DLLs that register themselves
//
// A program that uses RegisterDLL must call Child first thing in main: the DLL is loaded by this executable started again
// with a private switch.
//
// On other systems the package is empty.
package winhost
