package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// Language is a language of Windows. The zero value is neutral: the package installs on every language.
type Language struct {
	Tag  string // en-US
	Code string // ENU, as in package names
	LCID uint16 // 0x0409
}

// Neutral reports whether the package installs on every language.
func (l Language) Neutral() bool { return l.LCID == 0 }

// LanguageType is the [Version] LanguageType: the primary language, as real packages write it, or the whole LANGID where
// Windows was sold in two variants of one language (Chinese, Portuguese).
func (l Language) LanguageType() uint16 {
	switch primary := l.LCID & 0x3FF; primary {
	case 0x04, 0x16:
		return l.LCID
	default:
		return primary
	}
}

// languages lists the languages of Windows XP and Server 2003 with their three-letter codes (LOCALE_SABBREVLANGNAME).
func languages() []Language {
	return []Language{
		{"ar-SA", "ARA", 0x0401}, {"cs-CZ", "CSY", 0x0405}, {"da-DK", "DAN", 0x0406}, {"de-DE", "DEU", 0x0407},
		{"el-GR", "ELL", 0x0408}, {"en-US", "ENU", 0x0409}, {"es-ES", "ESN", 0x0C0A}, {"et-EE", "ETI", 0x0425},
		{"fi-FI", "FIN", 0x040B}, {"fr-FR", "FRA", 0x040C}, {"he-IL", "HEB", 0x040D}, {"hr-HR", "HRV", 0x041A},
		{"hu-HU", "HUN", 0x040E}, {"it-IT", "ITA", 0x0410}, {"ja-JP", "JPN", 0x0411}, {"ko-KR", "KOR", 0x0412},
		{"lt-LT", "LTH", 0x0427}, {"lv-LV", "LVI", 0x0426}, {"nb-NO", "NOR", 0x0414}, {"nl-NL", "NLD", 0x0413},
		{"pl-PL", "PLK", 0x0415}, {"pt-BR", "PTB", 0x0416}, {"pt-PT", "PTG", 0x0816}, {"ro-RO", "ROM", 0x0418},
		{"ru-RU", "RUS", 0x0419}, {"sk-SK", "SKY", 0x041B}, {"sl-SI", "SLV", 0x0424}, {"sv-SE", "SVE", 0x041D},
		{"th-TH", "THA", 0x041E}, {"tr-TR", "TRK", 0x041F}, {"uk-UA", "UKR", 0x0422}, {"zh-CN", "CHS", 0x0804},
		{"zh-HK", "ZHH", 0x0C04}, {"zh-TW", "CHT", 0x0404},
	}
}

// LanguageByName finds a language by tag (en-US), three-letter code (ENU) or LANGID (0x0409).
func LanguageByName(s string) (Language, bool) {
	lcid, err := strconv.ParseUint(s, 0, 16)
	for _, l := range languages() {
		if strings.EqualFold(s, l.Tag) || strings.EqualFold(s, l.Code) || err == nil && uint16(lcid) == l.LCID {
			return l, true
		}
	}
	return Language{}, false
}

// folder is a destination by name.
type folder struct {
	name string
	id   int
}

// folders names dirids (INF docs "Using Dirids"; 16384 + CSIDL; 65619 WP Appendix B; 65623 seen in hotfixes).
func folders() []folder {
	return []folder{
		{"windows", 10}, {"system32", 11}, {"drivers", 12}, {"inf", 17}, {"help", 18}, {"fonts", 20}, {"viewers", 21},
		{"color", 23}, {"system-drive", 24}, {"boot-drive", 30}, {"system", 50}, {"spool", 51}, {"spool-drivers", 52},
		{"print-processors", 55}, {"dllcache", 65619}, {"driver-cache", 65623},
		{"all-users-start-menu", 16406}, {"all-users-programs", 16407}, {"all-users-startup", 16408},
		{"all-users-desktop", 16409}, {"all-users-favorites", 16415}, {"program-data", 16419}, {"program-files", 16422},
		{"system32-x86", 16425}, {"program-files-x86", 16426}, {"common-files", 16427}, {"common-files-x86", 16428},
		{"all-users-templates", 16429}, {"all-users-documents", 16430},
	}
}

// FolderName is the manifest's name of a dirid, or the number in braces.
func FolderName(id int) string {
	for _, f := range folders() {
		if f.id == id {
			return f.name
		}
	}
	return "{" + strconv.Itoa(id) + "}"
}

// DirString is a destination as the manifest spells it: system32\drivers.
func DirString(d updateinf.Dir) string {
	if d.Sub == "" {
		return FolderName(d.ID)
	}
	return FolderName(d.ID) + `\` + d.Sub
}

// parseDir reads a destination: a name or {number}, then directories below it.
func parseDir(s string) (updateinf.Dir, error) {
	s = strings.ReplaceAll(s, "/", `\`)
	head, sub, _ := strings.Cut(s, `\`)
	d := updateinf.Dir{Sub: strings.TrimRight(sub, `\`)}
	id, err := dirID(head)
	if err != nil {
		return d, err
	}
	d.ID = id
	if d.Sub != "" {
		for _, elem := range strings.Split(d.Sub, `\`) {
			if err := CheckName(elem); err != nil {
				return d, fmt.Errorf("destination %q: %w", s, err)
			}
		}
	}
	return d, nil
}

func dirID(head string) (int, error) {
	if number, ok := strings.CutPrefix(head, "{"); ok {
		n, err := strconv.Atoi(strings.TrimSuffix(number, "}"))
		if err != nil || !strings.HasSuffix(number, "}") || !validDirID(n) {
			return 0, fmt.Errorf(`destination %q is no dirid; write a number in braces, such as "{11}"`, head)
		}
		return n, nil
	}
	var names []string
	for _, f := range folders() {
		if strings.EqualFold(f.name, head) {
			return f.id, nil
		}
		names = append(names, f.name)
	}
	if len(head) == 2 && head[1] == ':' || head == "" {
		return 0, errors.New(`the destination is an absolute path; begin with a directory by name or dirid, such as "program-files" or "{16422}"`)
	}
	slices.Sort(names)
	hint := "known: " + strings.Join(names, ", ") + ` or a dirid in braces such as "{11}"`
	if near := nearest(head, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return 0, fmt.Errorf("destination %q is not known; %s", head, hint)
}

// validDirID: those of the INF docs, the shell folders and those private to Update.exe. -1, 65535 (absolute path) and 1
// (the package itself) would leave the choice of place to the text and are refused.
func validDirID(n int) bool {
	if slices.ContainsFunc(folders(), func(f folder) bool { return f.id == n }) {
		return true
	}
	return n >= 16384 && n < 16384+64 || n == 13 || n == 25 || n == 53 || n == 54 || n == 65625 || n == 65701 || n >= 65800 && n <= 65899
}

// place is a destination in the one form that equal destinations share: `11` + drivers is 12, `10` + system32 is 11.
func place(d updateinf.Dir, name string) string {
	nested := []struct {
		in, out int
		sub     string
	}{{10, 11, "SYSTEM32"}, {10, 17, "INF"}, {10, 18, "HELP"}, {10, 20, "FONTS"}, {10, 50, "SYSTEM"}, {11, 12, "DRIVERS"}, {11, 65619, "DLLCACHE"}}
	sub := strings.ToUpper(d.Sub)
	for _, n := range nested {
		head, rest, _ := strings.Cut(sub, `\`)
		if d.ID == n.in && head == n.sub {
			d.ID, sub = n.out, rest
		}
	}
	return strconv.Itoa(d.ID) + `\` + sub + `\` + strings.ToUpper(name)
}

// CheckName reports what is wrong with a name as one element of a Windows path.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("a name is empty")
	case name == "." || name == "..":
		return fmt.Errorf("%q leads out of the directory; name it directly", name)
	case len(name) > 255:
		return fmt.Errorf("a name is %d bytes long; Windows allows 255", len(name))
	case strings.ContainsAny(name, nameForbidden) || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }):
		return fmt.Errorf(`%q holds a character that Windows forbids in names (%s)`, name, nameForbidden)
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, " "):
		return fmt.Errorf("%q begins or ends with a blank or ends with a dot; Windows drops those", name)
	case deviceName(name):
		return fmt.Errorf("%q is the name of a device", name)
	}
	return nil
}

// deviceName: CON, NUL and so on, whatever the extension (win32 docs "Naming Files, Paths, and Namespaces").
func deviceName(name string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	rest, ok := strings.CutPrefix(base, "COM")
	if !ok {
		rest, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && slices.Contains([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"}, rest)
}
