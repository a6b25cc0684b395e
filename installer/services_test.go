package installer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
)

// Running services that depend on a listed one stop before it and start after it, the deepest first; others are left alone.
func TestDependentServices(t *testing.T) {
	p, m, w := programs(t)
	depends := map[string][]string{"wuauserv": nil, "needs": {"WUAUSERV"}, "deep": {"other", "needs"}, "sleeper": {"wuauserv"}, "alone": {"+group"}, "ring": {"deep"}}
	for name, on := range depends {
		k := host.Key{Root: host.HKLM, Path: host.ServicesKey + `\` + name}
		if _, err := m.h.CreateKey(k, false); err != nil {
			t.Fatal(err)
		}
		if err := m.h.SetValue(k, "DependOnService", host.MultiValue(on)); err != nil {
			t.Fatal(err)
		}
		w.services[name] = host.ServiceRunning
	}
	w.services["sleeper"] = host.ServiceStopped
	mustRun(t)(w.install(t, m, p))
	var services []string
	for _, d := range w.took() {
		if strings.Contains(d, "Service ") {
			services = append(services, d)
		}
	}
	want := []string{"StopService ring", "StopService deep", "StopService needs", "StopService WUAUserv",
		"StartService WUAUserv", "StartService needs", "StartService deep", "StartService ring"}
	if !slices.Equal(services, want) {
		t.Errorf("did %q, want %q", services, want)
	}
	if log := string(m.read(`C:\WINDOWS\KB900001.log`)); !strings.Contains(log, "Service needs depends on WUAUserv and is stopped, too") {
		t.Error("the log does not say why")
	}
}
