//go:build !windows

package status

// systemCode: the numbers of other systems' errors mean nothing to a caller that expects Win32 codes.
func systemCode(error) (uint32, bool) { return 0, false }
