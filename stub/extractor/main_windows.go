package main

import (
	"syscall"

	"github.com/kbforge/kbforge/stub/cab"
)

// sfxVariable tells the installer which directory was extracted to, packageVariable from which file; restartFile is how it
// asks for a restart. Command stub has the same.
const (
	sfxVariable     = "KBFORGE_SFX"
	packageVariable = "KBFORGE_PACKAGE"
	restartFile     = "restart"
)

func main() {
	code := uint32(codeFailure)
	if hardenDLLs() {
		code = run(syscall.UTF16ToString(commandLine()))
	}
	syscall.ExitProcess(code)
}

// run does everything and returns the exit code.
func run(line string) uint32 {
	rest := tail(line)
	r := parse(split(rest))
	u := &ui{quiet: r.quiet, unattended: r.quiet || r.passive}
	code, f := open(u, r, rest)
	if f == nil {
		return code
	}
	if f.text != "" {
		u.tell(f.text, iconError)
	}
	return f.exitCode(r.er)
}

// open opens the package and extracts or installs it.
func open(u *ui, r request, rest string) (uint32, *failure) {
	if r.fault != "" {
		return 0, &failure{codeInvalidSwitches, "The command line is not valid: " + r.fault + "."}
	}
	self, f := openSelf()
	if f != nil {
		return 0, f
	}
	defer self.close()
	u.title = baseName(self.path)
	c, f := self.cabinet()
	if f != nil {
		return 0, f
	}
	if r.extract {
		return codeSuccess, extractOnly(u, r, c)
	}
	return install(u, c, rest)
}

// extractOnly is /extract.
func extractOnly(u *ui, r request, c *cab.Reader) *failure {
	dir, asked := r.path, false
	if dir == "" {
		if u.unattended {
			root, err := syscall.FullPath(".")
			if err != nil {
				return failed("The current directory could not be found", err)
			}
			if dir, err = makeRandom(rootOf(root), nil); err != nil {
				return failed("A directory in "+rootOf(root)+" could not be made", err)
			}
		} else {
			asked = true
			if dir = u.askFolder("Choose a directory for the extracted files."); dir == "" {
				return &failure{codeUserCancelled, "No directory was chosen; nothing was extracted. Name it with /extract:path."}
			}
		}
	}
	full, err := syscall.FullPath(dir)
	if err != nil {
		return failed(dir+" is not a usable path", err)
	}
	x := &extraction{root: extended(full), overwrite: true}
	if f := x.all(u, c, full); f != nil {
		return f
	}
	u.say("Extracted to " + full)
	if asked {
		u.tell("The files were extracted to "+full+".", iconInformation)
	}
	return nil
}

// install extracts to a directory of its own, runs the installer there and cleans up.
func install(u *ui, c *cab.Reader, rest string) (uint32, *failure) {
	var names []string
	for i := range c.Files {
		names = append(names, c.Files[i].Name)
	}
	program, ok := startup(names)
	if !ok {
		return 0, &failure{codeFileNotFound, `The package has no update\update.exe. /extract:path extracts what it has.`}
	}
	dir, f := privateDirectory(c)
	if f != nil {
		return 0, f
	}
	x := &extraction{root: extended(dir)}
	f = x.all(u, c, dir)
	code := uint32(0)
	if f == nil {
		code, f = runInstaller(dir, program, rest)
	}
	restart, force := wantsRestart(dir)
	removeTree(extended(dir))
	if f != nil || !restart {
		return code, f
	}
	if err := restartComputer(force); err != nil {
		u.tell("The computer could not be restarted: "+err.Error()+". Restart it to complete the installation.", iconWarning)
		return code, nil
	}
	if code == codeRebootRequired {
		code = codeSuccess // 3010 says that a restart is needed and was not performed
	}
	return code, nil
}

// failed makes a failure of an error of the system.
func failed(what string, err error) *failure {
	f := &failure{codeFailure, what + ": " + err.Error()}
	if no, ok := err.(syscall.Errno); ok && no != 0 {
		f.code = uint32(no)
	}
	return f
}

func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '\\' {
			return path[i+1:]
		}
	}
	return path
}
