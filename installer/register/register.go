// Package register owns what the registry says about an installed update: the Updates key (white paper tables 1 and 2), the
// Add or Remove Programs key (table 3), the Hotfix key (table 4) and the restart flags (table 5). It plans writes into a
// regplan.Overlay and reads the same keys back for inventory tools.
package register

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/winpath"
)

const (
	// UpdatesRoot is where the products' keys lie (white paper, "The Updates Registry Key").
	UpdatesRoot = `SOFTWARE\Microsoft\Updates`
	// UninstallRoot is Add or Remove Programs.
	UninstallRoot = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`
	// HotfixRoot is the older list of updates.
	HotfixRoot = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix`
	// VolatileKey holds the restart flags (table 5).
	VolatileKey = UpdatesRoot + `\UpdateExeVolatile`
	// EventLogRoot holds the event sources of the System log.
	EventLogRoot = `SYSTEM\CurrentControlSet\Services\EventLog\System`
)

// Restart flags, white paper table 5.
const (
	FlagRemovalPending uint32 = 1
	FlagInstallPending uint32 = 2
)

// Update is what is registered about one update.
type Update struct {
	KB             string // SP_SHORT_TITLE: KB123456
	Title          string // SP_TITLE
	ProductKey     string // HKLM path of the product: SOFTWARE\Microsoft\Updates\Windows XP
	ServicePack    int    // the service pack the update will be in; with HasServicePack
	HasServicePack bool
	PackageVersion string
	Publisher      string
	Group          string // PublishingGroup
	ReleaseType    string // Security Update, Hotfix …
	Comments       string
	HelpLink       string
	InfoLink       string
	ParentKey      string // OperatingSystem, or the Uninstall key of the product
	ParentName     string
	InstallerVer   string
	InstalledBy    string
	Installed      time.Time
	Sequence       uint32 // order of installation on this machine, from 1 (OURS: removal order must be known)
	UninstallDir   string // C:\WINDOWS\$NtUninstallKB123456$; empty with /nobackup
	UninstallLine  string // command line of the removal program; empty with /nobackup
	CurrentSP      uint16 // service pack of the machine
	Files          []File
}

// File is an entry of the file list (table 2).
type File struct {
	Name     string
	Dir      string
	Version  string
	Built    time.Time // link time; zero: not known
	Checksum uint32    // of the PE header
	Branch   string    // OURS: the branch the file came from
	MD5      string    // OURS: 32 upper-case hexadecimal digits; what a status check compares
}

func hklm(path string) host.Key { return host.Key{Root: host.HKLM, Path: path} }

// UpdatesKey is the update's own key: product, service pack, number (white paper, "Summary information").
func (u Update) UpdatesKey() host.Key {
	p := u.ProductKey
	if u.HasServicePack {
		p += `\SP` + strconv.Itoa(u.ServicePack)
	}
	return hklm(p + `\` + u.KB)
}

// UninstallKey is the entry in Add or Remove Programs.
func (u Update) UninstallKey() host.Key { return hklm(UninstallRoot + `\` + u.KB) }

// HotfixKey is the entry in the older list.
func (u Update) HotfixKey() host.Key { return hklm(HotfixRoot + `\` + u.KB) }

// writer collects the first error of a run of writes.
type writer struct {
	o   *regplan.Overlay
	k   host.Key
	err error
}

func (w *writer) set(name string, v host.Value) {
	if w.err == nil {
		w.err = w.o.Set(w.k, name, v)
	}
}

// text writes a string; empty ones are left out, as "not all of the keys will necessarily be populated".
func (w *writer) text(name, s string) {
	if s != "" {
		w.set(name, regplan.String(s))
	}
}

// Plan writes the summary keys. Lines of the package's own AddReg sections come after it and win.
func (u Update) Plan(o *regplan.Overlay) error {
	w := &writer{o: o, k: u.UpdatesKey()}
	u.summary(w)
	w.k = u.UninstallKey()
	u.addRemove(w)
	w.k = u.HotfixKey()
	u.hotfix(w)
	if w.err != nil {
		return fmt.Errorf("plan the registration of %s: %w", u.KB, w.err)
	}
	return nil
}

// summary is table 1.
func (u Update) summary(w *writer) {
	w.text("Description", u.Title)
	w.text("PackageName", u.Title)
	w.text("PackageVersion", u.PackageVersion)
	w.text("Publisher", u.Publisher)
	w.text("PublishingGroup", u.Group)
	w.text("ReleaseType", u.ReleaseType)
	w.text("ARPLink", `HKEY_LOCAL_MACHINE\`+u.UninstallKey().Path)
	w.text("InstallerName", "Update.exe")
	w.text("InstallerVersion", u.InstallerVer)
	w.text("InstalledBy", u.InstalledBy)
	w.text("InstalledDate", u.Installed.Format("1/2/2006"))
	w.set("InstallSequence", regplan.DWORD(u.Sequence))
	w.set("UninstallCommand", regplan.String(u.UninstallLine)) // blank with /nobackup, as the table says
}

// addRemove is table 3.
func (u Update) addRemove(w *writer) {
	w.text("Comments", u.Comments)
	w.text("DisplayName", u.Title)
	w.text("DisplayVersion", u.PackageVersion)
	w.text("HelpLink", u.HelpLink)
	w.text("URLInfoAbout", u.InfoLink)
	w.text("Publisher", u.Publisher)
	w.text("ParentKeyName", u.ParentKey)
	w.text("ParentDisplayName", u.ParentName)
	w.text("ReleaseType", u.ReleaseType)
	w.text("RegistryLocation", `HKLM\`+u.UpdatesKey().Path)
	w.set("NoModify", regplan.DWORD(1))
	w.set("NoRepair", regplan.DWORD(1))
	if u.UninstallLine == "" {
		// Since installer 5.3.18.6 an update without backup is listed but cannot be removed (white paper, table 15).
		w.set("NoRemove", regplan.DWORD(1))
		if w.err == nil {
			w.err = errors.Join(w.o.Delete(w.k, "UninstallString"), w.o.Delete(w.k, "DisplayIcon"))
		}
		return
	}
	w.text("UninstallString", u.UninstallLine)
	w.set("DisplayIcon", regplan.ExpandString(strings.Trim(u.UninstallLine, `"`)))
	if w.err == nil {
		w.err = w.o.Delete(w.k, "NoRemove")
	}
}

// hotfix is table 4, with the values real packages write.
func (u Update) hotfix(w *writer) {
	w.set("Installed", regplan.DWORD(1))
	w.set("Valid", regplan.DWORD(1))
	w.text("Comments", u.Title)
	w.set("Backup Dir", regplan.String(u.UninstallDir))
	w.text("Fix Description", u.Title)
	w.set("Installed By", regplan.String("")) // no longer used (table 4)
	w.set("Installed On", regplan.String("")) // no longer used (table 4)
	w.set("Service Pack", regplan.DWORD(uint32(u.ServicePack)))
	w.k.Path += `\File 1`
	w.set("Flags", regplan.String(""))
	w.set("New File", regplan.String(""))
	w.set("New Link Date", regplan.String(""))
	w.set("Old Link Date", regplan.String(""))
}

// PlanFiles writes the file list (table 2), replacing one of an earlier installation.
func (u Update) PlanFiles(o *regplan.Overlay) error {
	list := u.UpdatesKey()
	list.Path += `\Filelist`
	if err := o.DeleteKey(list); err != nil {
		return fmt.Errorf("plan the file list of %s: %w", u.KB, err)
	}
	w := &writer{o: o}
	for i, f := range u.Files {
		w.k = list
		w.k.Path += `\` + strconv.Itoa(i)
		w.text("FileName", f.Name)
		w.text("Version", f.Version)
		w.text("Location", f.Dir)
		if !f.Built.IsZero() {
			w.text("BuildDate", f.Built.UTC().Format("Mon Jan _2 15:04:05 2006")) // asctime form, OURS
		}
		w.text("BuildCheckSum", strings.ToUpper(strconv.FormatUint(uint64(f.Checksum), 16)))
		w.text("Branch", f.Branch)
		w.text("MD5", f.MD5)
	}
	if w.err != nil {
		return fmt.Errorf("plan the file list of %s: %w", u.KB, w.err)
	}
	return nil
}

// RestartKey is the key of the restart flags.
func RestartKey() host.Key { return hklm(VolatileKey) }

// Path is the full path of a listed file.
func (f File) Path() string { return winpath.Join(f.Dir, f.Name) }
