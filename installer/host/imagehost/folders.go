package imagehost

import (
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// CSIDL numbers (shlobj.h) that the package itself asks for.
const (
	csidlCommonAppData   = 35
	csidlProgramFiles    = 38
	csidlProgramFilesX86 = 42
	csidlCommonFiles     = 43
	csidlCommonFilesX86  = 44
)

// folder gives a CSIDL folder as an English Windows places it; those of a user are the ones of the account that runs the
// engine. Virtual folders, such as the control panel, have no directory.
func (h *Host) folder(csidl int) (string, bool) {
	i := h.facts
	wow := i.Arch != host.X86
	switch csidl {
	case 36: // WINDOWS
		return i.WindowsDir, true
	case 37: // SYSTEM
		return i.SystemDir, true
	case 41: // SYSTEMX86
		return i.SystemDirX86, true
	case 20: // FONTS
		return i.WindowsDir + `\Fonts`, true
	case 56: // RESOURCES
		return i.WindowsDir + `\Resources`, true
	case csidlProgramFiles:
		return i.SystemDrive + `\Program Files`, true
	case csidlCommonFiles:
		return i.SystemDrive + `\Program Files\Common Files`, true
	case csidlProgramFilesX86, csidlCommonFilesX86:
		dir := i.SystemDrive + `\Program Files`
		if wow {
			dir += ` (x86)`
		}
		if csidl == csidlCommonFilesX86 {
			dir += `\Common Files`
		}
		return dir, true
	}
	if i.Major >= 6 {
		return h.folderVista(csidl)
	}
	return h.folderXP(csidl)
}

func (h *Host) profile(users string) string {
	_, name, ok := strings.Cut(h.facts.User, `\`)
	if !ok {
		name = h.facts.User
	}
	return h.facts.SystemDrive + `\` + users + `\` + name
}

func (h *Host) folderXP(csidl int) (string, bool) {
	all := h.facts.SystemDrive + `\Documents and Settings\All Users`
	user := h.profile("Documents and Settings")
	sub, common := "", false
	switch csidl {
	case 40:
	case 0, 16:
		sub = `\Desktop`
	case 2:
		sub = `\Start Menu\Programs`
	case 5:
		sub = `\My Documents`
	case 6:
		sub = `\Favorites`
	case 7:
		sub = `\Start Menu\Programs\Startup`
	case 8:
		sub = `\Recent`
	case 9:
		sub = `\SendTo`
	case 11:
		sub = `\Start Menu`
	case 13:
		sub = `\My Documents\My Music`
	case 14:
		sub = `\My Documents\My Videos`
	case 19:
		sub = `\NetHood`
	case 21:
		sub = `\Templates`
	case 26:
		sub = `\Application Data`
	case 27:
		sub = `\PrintHood`
	case 28:
		sub = `\Local Settings\Application Data`
	case 32:
		sub = `\Local Settings\Temporary Internet Files`
	case 33:
		sub = `\Cookies`
	case 34:
		sub = `\Local Settings\History`
	case 39:
		sub = `\My Documents\My Pictures`
	case 48:
		sub = `\Start Menu\Programs\Administrative Tools`
	default:
		common = true
	}
	if !common {
		return user + sub, true
	}
	switch csidl {
	case 22:
		sub = `\Start Menu`
	case 23:
		sub = `\Start Menu\Programs`
	case 24:
		sub = `\Start Menu\Programs\Startup`
	case 25:
		sub = `\Desktop`
	case 31:
		sub = `\Favorites`
	case csidlCommonAppData:
		sub = `\Application Data`
	case 45:
		sub = `\Templates`
	case 46:
		sub = `\Documents`
	case 47:
		sub = `\Start Menu\Programs\Administrative Tools`
	case 53:
		sub = `\Documents\My Music`
	case 54:
		sub = `\Documents\My Pictures`
	case 55:
		sub = `\Documents\My Videos`
	default:
		return "", false
	}
	return all + sub, true
}

func (h *Host) folderVista(csidl int) (string, bool) {
	user := h.profile("Users")
	data := h.facts.SystemDrive + `\ProgramData`
	public := h.facts.SystemDrive + `\Users\Public`
	const roaming, menu = `\AppData\Roaming`, `\Microsoft\Windows\Start Menu`
	switch csidl {
	case 40:
		return user, true
	case 0, 16:
		return user + `\Desktop`, true
	case 2:
		return user + roaming + menu + `\Programs`, true
	case 5:
		return user + `\Documents`, true
	case 6:
		return user + `\Favorites`, true
	case 7:
		return user + roaming + menu + `\Programs\Startup`, true
	case 8:
		return user + roaming + `\Microsoft\Windows\Recent`, true
	case 9:
		return user + roaming + `\Microsoft\Windows\SendTo`, true
	case 11:
		return user + roaming + menu, true
	case 13:
		return user + `\Music`, true
	case 14:
		return user + `\Videos`, true
	case 19:
		return user + roaming + `\Microsoft\Windows\Network Shortcuts`, true
	case 21:
		return user + roaming + `\Microsoft\Windows\Templates`, true
	case 22:
		return data + menu, true
	case 23:
		return data + menu + `\Programs`, true
	case 24:
		return data + menu + `\Programs\Startup`, true
	case 25:
		return public + `\Desktop`, true
	case 26:
		return user + roaming, true
	case 27:
		return user + roaming + `\Microsoft\Windows\Printer Shortcuts`, true
	case 28:
		return user + `\AppData\Local`, true
	case 31:
		return user + `\Favorites`, true
	case 32:
		return user + `\AppData\Local\Microsoft\Windows\INetCache`, true
	case 33:
		return user + `\AppData\Local\Microsoft\Windows\INetCookies`, true
	case 34:
		return user + `\AppData\Local\Microsoft\Windows\History`, true
	case csidlCommonAppData:
		return data, true
	case 39:
		return user + `\Pictures`, true
	case 45:
		return data + `\Microsoft\Windows\Templates`, true
	case 46:
		return public + `\Documents`, true
	case 47:
		return data + menu + `\Programs\Administrative Tools`, true
	case 48:
		return user + roaming + menu + `\Programs\Administrative Tools`, true
	case 53:
		return public + `\Music`, true
	case 54:
		return public + `\Pictures`, true
	case 55:
		return public + `\Videos`, true
	}
	return "", false
}
