package imagehost

import (
	"slices"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// defaultUser is the profile that HKCU and S-1-5-18 mean: on Windows too HKEY_USERS\.DEFAULT is the hive of LocalSystem,
// under whose account machines are serviced.
const defaultUser = ".DEFAULT"

// locate turns a key into its place in the two trees, the root's long name first. Sources: "Merged View of
// HKEY_CLASSES_ROOT" (an image has no user, so it is the machine's part alone) and "Registry Redirector".
func (r *registry) locate(k host.Key) ([]string, error) {
	elems, err := host.SplitKey(k)
	if err != nil {
		return nil, err
	}
	wow := r.views && k.View == host.View32
	switch k.Root {
	case host.HKCR:
		elems = append([]string{"SOFTWARE", "Classes"}, elems...)
		fallthrough
	case host.HKLM:
		return append([]string{machineRoot}, r.redirect(elems, wow)...), nil
	case host.HKCU:
		elems = append([]string{defaultUser}, elems...)
	default:
		if len(elems) > 0 && host.Fold(elems[0]) == "S-1-5-18" {
			elems = append([]string{defaultUser}, elems[1:]...)
		}
	}
	if wow && len(elems) > 3 && isPath(elems[1:3], `SOFTWARE\Classes`) {
		elems = append(elems[:1:1], classes32(elems[1:])...)
	}
	return append([]string{usersRoot}, elems...), nil
}

const wowNode = "Wow6432Node"

// redirect gives the place of a path below HKLM in the 32-bit view, and follows the link that Windows keeps in the 64-bit
// one: SOFTWARE\Wow6432Node\Classes is SOFTWARE\Classes\Wow6432Node.
func (r *registry) redirect(elems []string, wow bool) []string {
	if !r.views || len(elems) == 0 || host.Fold(elems[0]) != "SOFTWARE" {
		return elems
	}
	rest := elems[1:]
	if len(rest) > 0 && strings.EqualFold(rest[0], wowNode) {
		if len(rest) > 1 && host.Fold(rest[1]) == "CLASSES" {
			return slices.Concat(elems[:1], []string{"Classes", wowNode}, rest[2:])
		}
		return elems
	}
	if !wow {
		return elems
	}
	if len(rest) > 0 && host.Fold(rest[0]) == "CLASSES" {
		return classes32(elems)
	}
	for _, shared := range sharedKeys() {
		if s := strings.Split(shared, `\`); len(rest) >= len(s) && isPath(rest[:len(s)], shared) {
			return elems
		}
	}
	return slices.Concat(elems[:1], []string{wowNode}, rest)
}

// classes32 redirects the few parts of SOFTWARE\Classes that the two views do not share.
func classes32(elems []string) []string {
	if len(elems) > 2 {
		switch host.Fold(elems[2]) {
		case "CLSID", "DIRECTSHOW", "INTERFACE", "MEDIA TYPE", "MEDIAFOUNDATION":
			return slices.Concat(elems[:2], []string{wowNode}, elems[2:])
		}
	}
	return elems
}

func isPath(elems []string, path string) bool {
	return host.Fold(joinKey(elems)) == host.Fold(path)
}

// sharedKeys lists what is below HKLM\SOFTWARE and the same in both views ("Registry Keys Affected by WOW64", the column
// of Windows 7 and later; earlier systems kept copies instead, which is the same to a reader).
func sharedKeys() []string {
	return []string{
		`Clients`,
		`Microsoft\COM3`,
		`Microsoft\Cryptography\Calais\Current`,
		`Microsoft\Cryptography\Calais\Readers`,
		`Microsoft\Cryptography\Services`,
		`Microsoft\CTF\SystemShared`,
		`Microsoft\CTF\TIP`,
		`Microsoft\DFS`,
		`Microsoft\Driver Signing`,
		`Microsoft\EnterpriseCertificates`,
		`Microsoft\EventSystem`,
		`Microsoft\MSMQ`,
		`Microsoft\Non-Driver Signing`,
		`Microsoft\Notepad\DefaultFonts`,
		`Microsoft\OLE`,
		`Microsoft\RAS`,
		`Microsoft\RPC`,
		`Microsoft\Shared Tools\MSInfo`,
		`Microsoft\SystemCertificates`,
		`Microsoft\TermServLicensing`,
		`Microsoft\Transaction Server`,
		`Microsoft\Windows\CurrentVersion\Control Panel\Cursors\Schemes`,
		`Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers`,
		`Microsoft\Windows\CurrentVersion\Explorer\DriveIcons`,
		`Microsoft\Windows\CurrentVersion\Explorer\KindMap`,
		`Microsoft\Windows\CurrentVersion\Group Policy`,
		`Microsoft\Windows\CurrentVersion\Policies`,
		`Microsoft\Windows\CurrentVersion\PreviewHandlers`,
		`Microsoft\Windows\CurrentVersion\Setup`,
		`Microsoft\Windows\CurrentVersion\Telephony\Locations`,
		`Microsoft\Windows NT\CurrentVersion\FontDpi`,
		`Microsoft\Windows NT\CurrentVersion\FontMapper`,
		`Microsoft\Windows NT\CurrentVersion\Fonts`,
		`Microsoft\Windows NT\CurrentVersion\FontSubstitutes`,
		`Microsoft\Windows NT\CurrentVersion\Gre_Initialize`,
		`Microsoft\Windows NT\CurrentVersion\Image File Execution Options`,
		`Microsoft\Windows NT\CurrentVersion\LanguagePack`,
		`Microsoft\Windows NT\CurrentVersion\NetworkCards`,
		`Microsoft\Windows NT\CurrentVersion\Perflib`,
		`Microsoft\Windows NT\CurrentVersion\Ports`,
		`Microsoft\Windows NT\CurrentVersion\Print`,
		`Microsoft\Windows NT\CurrentVersion\ProfileList`,
		`Microsoft\Windows NT\CurrentVersion\Time Zones`,
		`Policies`,
		`RegisteredApplications`,
	}
}
