package installer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
)

// gates checks whether the package is for this machine: language, platform, version, build and service pack of the
// [Version] section (white paper, Appendix B). Which of the codes of table 24 stands for which mismatch is OURS where the
// message leaves it open.
func gates(u *updateinf.Update, info host.Info) error {
	for _, check := range []func(*updateinf.Update, host.Info) error{gateLanguage, gatePlatform, gateVersion, gateBuild, gateServicePack} {
		if err := check(u, info); err != nil {
			return err
		}
	}
	return nil
}

// gateLanguage: 0 installs on every language; a number below 0x400 is a primary language, of any sublanguage.
func gateLanguage(u *updateinf.Update, info host.Info) error {
	const primaryMask = 0x3FF
	want := u.Version.LanguageType
	if want == 0 || want == info.Language || want <= primaryMask && want == info.Language&primaryMask {
		return nil
	}
	return status.Wrap(status.FailedLanguageType, fmt.Errorf("the package is for language 0x%04x, this computer has 0x%04x", want, info.Language), u.Strings.Title())
}

func gatePlatform(u *updateinf.Update, info host.Info) error {
	want := host.Arch(strings.ToLower(u.Strings.Architecture()))
	if want == "amd64" {
		want = host.X64
	}
	if want == "" || want == info.Arch {
		return nil
	}
	return status.Wrap(status.PlatformMismatch, fmt.Errorf("the package is for %s, this computer is %s", want, info.Arch), u.Strings.Title())
}

// version orders major and minor numbers.
func version(major, minor uint32) uint64 { return uint64(major)<<32 | uint64(minor) }

func gateVersion(u *updateinf.Update, info host.Info) error {
	v := u.Version
	have := version(info.Major, info.Minor)
	if v.MinMajor != nil && have < version(*v.MinMajor, or(v.MinMinor, 0)) {
		return status.Wrap(status.PackageNotApplicable, mismatch("Windows version", info.Major, info.Minor, "at least", *v.MinMajor, or(v.MinMinor, 0)))
	}
	if v.MaxMajor != nil && have > version(*v.MaxMajor, or(v.MaxMinor, ^uint32(0))) {
		return status.Wrap(status.WindowsVersionNewer, mismatch("Windows version", info.Major, info.Minor, "at most", *v.MaxMajor, or(v.MaxMinor, 0)))
	}
	return nil
}

func mismatch(what string, major, minor uint32, bound string, wantMajor, wantMinor uint32) error {
	return fmt.Errorf("%s is %d.%d, the package needs %s %d.%d", what, major, minor, bound, wantMajor, wantMinor)
}

func or(p *uint32, def uint32) uint32 {
	if p == nil {
		return def
	}
	return *p
}

func gateBuild(u *updateinf.Update, info host.Info) error {
	lo, hi := or(u.Version.MinBuild, 0), or(u.Version.MaxBuild, ^uint32(0))
	if info.Build >= lo && info.Build <= hi {
		return nil
	}
	err := fmt.Errorf("the build of Windows is %d, the package needs %d to %d", info.Build, lo, hi)
	if lo == hi {
		return status.Wrap(status.BuildVersionMismatch2, err, number(lo))
	}
	return status.Wrap(status.BuildVersionMismatch, err, number(lo), number(hi))
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// gateServicePack: the INF holds the level times 256. Real packages write 2560 for "no upper limit".
func gateServicePack(u *updateinf.Update, info host.Info) error {
	have := uint32(info.ServicePack) * 256
	if lo := or(u.Version.MinServicePack, 0); have < lo {
		return status.Wrap(status.SPVersionLesser, fmt.Errorf("service pack %d is installed, the package needs at least %d", info.ServicePack, lo/256), number(lo/256))
	}
	if hi := or(u.Version.MaxServicePack, ^uint32(0)); have > hi {
		return status.Wrap(status.SPVersionGreater2, fmt.Errorf("service pack %d is installed, the package is for at most %d", info.ServicePack, hi/256))
	}
	return nil
}
