package text

import "golang.org/x/sys/windows"

// ForUser returns the sentences in the language that the user's Windows shows its own windows in.
func ForUser() Text { return For(UserLanguages()...) }

// UserLanguages are the tags of the languages the user wants, the most wanted first.
func UserLanguages() []string {
	tags, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil
	}
	return tags
}
