package main

// extractingIn is what the progress dialog says, by the primary language of a LANGID. The sentence is "stage.extracting" of
// installer/ui/text, whose table is too large to be linked here; a test compares them.
func extractingIn(langID uint16) string {
	const primary = 0x3ff
	switch langID & primary {
	case langFrench:
		return "Extraction des fichiers"
	case langGerman:
		return "Dateien werden entpackt"
	}
	return "Extracting files"
}

// Primary languages (winnt.h).
const (
	langGerman = 0x07
	langFrench = 0x0c
)
