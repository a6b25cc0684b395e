//go:build !windows

package text

// ForUser is English: windows exist on Windows only.
func ForUser() Text { return English() }
