package updateinf

import (
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// gates are the [Version] keys with an optional number, in the order in which packages have them.
func (v *Version) gates() []gate {
	return []gate{
		{"NtBuildToUpdate", &v.MinBuild},
		{"MaxNtBuildToUpdate", &v.MaxBuild},
		{"NtMajorVersionToUpdate", &v.MinMajor},
		{"MaxNtMajorVersionToUpdate", &v.MaxMajor},
		{"NtMinorVersionToUpdate", &v.MinMinor},
		{"MaxNtMinorVersionToUpdate", &v.MaxMinor},
		{"MinNtServicePackVersion", &v.MinServicePack},
		{"MaxNtServicePackVersion", &v.MaxServicePack},
		{"ThisServicePackVersion", &v.ThisServicePack},
		{"NtServicePackVersion", &v.NtServicePackVersion},
	}
}

type gate struct {
	key  string
	into **uint32
}

// texts and flags are the [Configuration] keys in the order of WP appendix B.
func (c *Config) texts() []textKey {
	return []textKey{
		{"InstallationType", &c.InstallationType},
		{"InstallLogFileName", &c.InstallLogFileName},
		{"UnInstallLogFileName", &c.UnInstallLogFileName},
		{"UnInstallDirName", &c.UnInstallDirName},
		{"EventLogKeyName", &c.EventLogKeyName},
		{"EventLogDllName", &c.EventLogDllName},
		{"UpdateRegKey", &c.UpdateRegKey},
		{"CustomizationDll", &c.CustomizationDll},
		{"UninstallCustomizationDll", &c.UninstallCustomizationDll},
	}
}

type textKey struct {
	key  string
	into *string
}

func (c *Config) numbers() []gate {
	return []gate{
		{"ServiceFileInUseDetect", &c.ServiceFileInUseDetect},
		{"AppFileInUseDetect", &c.AppFileInUseDetect},
		{"WaitTimeForServiceStop", &c.WaitTimeForServiceStop},
	}
}

func gateOf(gates []gate, key string) (gate, bool) {
	for _, g := range gates {
		if strings.EqualFold(g.key, key) {
			return g, true
		}
	}
	return gate{}, false
}

// first tells whether the key comes for the first time: the first line of a key counts, as in SetupFindFirstLine.
func first(seen map[string]bool, key string) bool {
	fold := strings.ToLower(key)
	ok := !seen[fold]
	seen[fold] = true
	return ok
}

func (p *parser) version() {
	v := &p.u.Version
	gates := v.gates()
	seen := map[string]bool{}
	for _, l := range p.lines("Version") {
		if !l.HasKey {
			p.fault(l, inf.ErrorGeneralSyntax, "[Version] %s has no =; write key=value", l.Describe())
			continue
		}
		if !first(seen, l.Key) {
			continue
		}
		if g, ok := gateOf(gates, l.Key); ok {
			n := p.number(l, 0)
			*g.into = &n
			continue
		}
		switch strings.ToLower(l.Key) {
		case "signature":
			v.Signature = l.Field(0)
		case "languagetype":
			n := p.number(l, 0)
			if n > 0xFFFF {
				p.fault(l, inf.ErrorGeneralSyntax, "LanguageType %s is no language id; write 0x0409, 9, or 0 for any", l.Field(0))
			}
			v.LanguageType = uint16(n)
		case "catalogfile":
			v.CatalogFile = l.Field(0)
		case "rebootrequired":
			v.RebootRequired = p.number(l, 0) != 0
		default:
			v.Unknown = append(v.Unknown, KeyValue{l.Key, value(l)})
		}
	}
	p.versionOrder()
}

// versionOrder refuses ranges that no machine can be in. A service pack of its own above the maximum is accepted: a real
// package has ThisServicePackVersion 768 with a maximum of 512.
func (p *parser) versionOrder() {
	v := p.u.Version
	check := func(name string, low, high *uint32) {
		if low != nil && high != nil && *low > *high {
			p.errs.Add(p.file.Name, inf.Pos{}, inf.ErrorGeneralSyntax,
				"[Version] the %s range %d to %d is empty; exchange the two or leave one out", name, *low, *high)
		}
	}
	check("NtBuildToUpdate", v.MinBuild, v.MaxBuild)
	check("NtMajorVersionToUpdate", v.MinMajor, v.MaxMajor)
	check("NtServicePackVersion", v.MinServicePack, v.MaxServicePack)
	if v.MinMajor != nil && v.MaxMajor != nil && *v.MinMajor == *v.MaxMajor {
		check("NtMinorVersionToUpdate", v.MinMinor, v.MaxMinor)
	}
}

func (p *parser) config() {
	c := &p.u.Config
	texts, numbers := c.texts(), c.numbers()
	seen := map[string]bool{}
next:
	for _, l := range p.lines("Configuration") {
		if !l.HasKey {
			p.fault(l, inf.ErrorGeneralSyntax, "[Configuration] %s has no =; write key=value", l.Describe())
			continue
		}
		if !first(seen, l.Key) {
			continue
		}
		for _, t := range texts {
			if strings.EqualFold(t.key, l.Key) {
				*t.into = l.Field(0)
				continue next
			}
		}
		if g, ok := gateOf(numbers, l.Key); ok {
			n := p.number(l, 0)
			*g.into = &n
		} else if strings.EqualFold(l.Key, "noPNPfiles") {
			c.NoPNPFiles = p.number(l, 0) != 0
		} else {
			c.Unknown = append(c.Unknown, KeyValue{l.Key, value(l)})
		}
	}
}
