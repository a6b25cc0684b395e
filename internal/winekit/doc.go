// Package winekit runs Windows programs in throw-away Wine prefixes for tests.
//
// New copies a template prefix that is made once per machine and kept in the user's cache directory
// (kbforge/wine/<hash>). The template has the one DLL that Go programs need and Wine 8.0 lacks (shim), Wine's DLLs
// without debug data (690 MB become about 220), and real folders where a fresh prefix links to $HOME. The user's own
// ~/.wine is never touched: WINEPREFIX is set for every process this package starts.
//
// Three things Wine does that tests must know; the package handles them:
//
//   - Exit codes that reach Linux have 8 bits only (3010 arrives as 194). Programs are started by helper, a Windows
//     program of ours, which records all 32.
//   - Some seconds after its last process the server ends, and the next program boots the machine: pending renames are
//     done. So the server is kept until Restart or the end of the test.
//   - A program for a processor that Wine cannot run does nothing and exits 0. So helper looks at the executable first.
//
// Wine differs from Windows: ACLs and symbolic links are accepted and ignored, trust of a signer's root is not enforced,
// the user is always an administrator, services keep no recovery actions, event logs are not stored. Do not rest a test
// on those.
package winekit
