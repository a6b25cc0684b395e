package builder

import (
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// gapWarnings tells what the INFs ask for and the installer of kbforge does not carry out (updateinf.Gaps).
func (p *Plan) gapWarnings() manifest.Faults {
	var list manifest.Faults
	seen := map[string]bool{}
	for _, b := range p.Manifest.Branches {
		if !b.Payload {
			continue
		}
		for _, g := range p.wholeINF(b).Gaps() {
			what := "the installer of kbforge leaves something out: "
			if g.Refused {
				what = "the installer of kbforge refuses this package: "
			}
			if text := what + g.String(); !seen[text] {
				seen[text] = true
				list = append(list, p.Manifest.Warn(p.gapKey(g), text))
			}
		}
	}
	return list
}

// wholeINF is the INF of a branch with the author's own sections.
func (p *Plan) wholeINF(b manifest.Branch) *updateinf.Update {
	u := p.updateINF(b)
	if p.Manifest.RawINF+b.RawINF == "" {
		return u
	}
	text, err := p.infText(b)
	if err != nil {
		return u // told elsewhere
	}
	f, err := inf.Parse("raw.inf", text)
	if err != nil {
		return u
	}
	if whole, err := updateinf.Parse(f, updateinf.Options{Language: p.Manifest.Language.LCID}); err == nil {
		return whole
	}
	return u
}

// gapKey is the table of the manifest that a gap comes from.
func (p *Plan) gapKey(g updateinf.Gap) string {
	switch {
	case g.Section == "DevicesToUpgrade" && len(p.Manifest.Devices) > 0:
		return "device[0].id"
	case g.Section == "DeviceClassList" && len(p.Manifest.DeviceClasses) > 0:
		return "device-class[0].name"
	case g.Section == "Configuration":
		return p.configKey(g.Key)
	case p.Manifest.RawINF != "":
		return "raw.inf"
	}
	return ""
}

// configKey is the key or table of the manifest that writes a key of [Configuration]; else raw text does.
func (p *Plan) configKey(key string) string {
	m := p.Manifest
	for _, h := range m.Helpers {
		if h.CustomizesInstall && key == "CustomizationDll" || h.CustomizesRemoval && key == "UninstallCustomizationDll" {
			return h.Key + ".customizes"
		}
	}
	switch {
	case m.DetectServices && key == "ServiceFileInUseDetect":
		return "install.detect-services"
	case m.DetectApps && key == "AppFileInUseDetect":
		return "install.detect-apps"
	case m.RawINF != "":
		return "raw.inf"
	}
	return ""
}
