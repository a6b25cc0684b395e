package cmdline

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/status"
)

// parse drops what the table tests do not compare.
func parse(t *testing.T, mode Mode, line string) (Options, error) {
	t.Helper()
	o, err := Parse(mode, strings.Fields(line))
	o.CommandLine, o.Warnings = "", nil
	return o, err
}

func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		line string
		want Options
	}{
		{Install, "", Options{}},
		// Command lines of bulletins, management tools and logs of real installations.
		{Install, "/quiet /norestart", Options{Quiet: true, NoRestart: true}},
		{Install, "/u /q /z", Options{Quiet: true, NoRestart: true}},
		{Install, "/m /q /z", Options{Quiet: true, NoRestart: true}},
		{Install, "/q /n /z", Options{Quiet: true, NoBackup: true, NoRestart: true}},
		{Install, `/quiet /o /ER /norestart /log:c:\x`, Options{Quiet: true, OverwriteOEM: true, ER: true, NoRestart: true, Log: `c:\x`}},
		{Install, `/d:e:\rtm /forcerestart /passive /o /f`, Options{BackupDir: `e:\rtm`, ForceRestart: true, Passive: true, OverwriteOEM: true, ForceAppsClose: true}},
		{Install, "/norestart /passive", Options{NoRestart: true, Passive: true}},
		{Wrapper, `/extract:C:\Update`, Options{Extract: Extract{true, `C:\Update`}}},
		{Wrapper, "/extract /passive", Options{Extract: Extract{Set: true}, Passive: true}},
		{Wrapper, `/U /X:c:\a`, Options{Extract: Extract{true, `c:\a`}, Passive: true}},
		{Wrapper, `/integrate:c:\source_files`, Options{Integrate: `c:\source_files`}},
		{Wrapper, `/s:c:\i386`, Options{Integrate: `c:\i386`}},
		// Every switch by itself, every older name, the hyphen, the case.
		{Install, "/help", Options{Help: true}},
		{Remove, "-?", Options{Help: true}},
		{Wrapper, "/H", Options{Help: true}},
		{Install, "-PASSIVE", Options{Passive: true}},
		{Install, "-m", Options{Passive: true}},
		{Remove, "-Quiet -NoRestart", Options{Quiet: true, NoRestart: true}},
		{Install, "/ForceRestart", Options{ForceRestart: true}},
		{Install, "/q /warnrestart", Options{Quiet: true, WarnRestart: WarnRestart{true, 30}}},
		{Install, "/q /warnrestart:0", Options{Quiet: true, WarnRestart: WarnRestart{true, 0}}},
		{Install, "/u /warnrestart:600", Options{Passive: true, WarnRestart: WarnRestart{true, 600}}},
		{Install, "/q /promptrestart", Options{Quiet: true, PromptRestart: true}},
		{Install, "/passive /promptrestart", Options{Passive: true, PromptRestart: true}},
		{Remove, "/f", Options{ForceAppsClose: true}},
		{Remove, "/forceappsclose", Options{ForceAppsClose: true}},
		{Install, "/nobackup", Options{NoBackup: true}},
		{Install, "/overwriteoem", Options{OverwriteOEM: true}},
		{Remove, "/er /v", Options{ER: true, Verbose: true}},
		{Install, "/verbose", Options{Verbose: true}},
		{Install, "/hotpatch:Disable", Options{HotpatchDisable: true}},
		{Install, "/l", Options{List: true}},
		{Install, "/b:SP2QFE", Options{Branch: "SP2QFE"}},
		{Install, "/uninstall", Options{Uninstall: true}},
		{Install, "-y -q", Options{Uninstall: true, Quiet: true}},
		{Install, "/log:nul", Options{Log: "nul"}},
		{Install, `/dryrun /json-log:c:\a.jsonl`, Options{DryRun: true, JSONLog: `c:\a.jsonl`}},
		// Precedence.
		{Install, "/passive /quiet", Options{Quiet: true}},
		{Install, `/log:a /LOG:b`, Options{Log: "b"}},
		{Install, "/q /warnrestart:5 /warnrestart:7", Options{Quiet: true, WarnRestart: WarnRestart{true, 7}}},
		{Install, "/warnrestart /forceappsclose", Options{ForceAppsClose: true}},
		{Install, "/promptrestart", Options{}},
	} {
		got, err := parse(t, c.mode, c.line)
		if err != nil {
			t.Errorf("%q refused: %v", c.line, err)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %+v, want %+v", c.line, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", MaxPath)
	for _, c := range []struct {
		mode Mode
		line string
		want string // must be in the text
	}{
		{Install, "/bogus", `unknown switch "/bogus"`},
		{Install, "--help", `unknown switch "--help"`},
		{Install, "/", `unknown switch "/"`},
		{Install, "file.exe", `"file.exe" is not a switch`},
		{Install, "/quiet:yes", "takes no value"},
		{Install, "/log", "a path must follow, /log:path"},
		{Install, "/log:", "a path must follow, /log:path"},
		{Install, "/log:" + long, "the path has 256 characters; it must have fewer than 256"},
		{Install, `/log:C:\logs"`, `the path has the character "`},
		{Install, `/log:C:\*.log`, "the path has the character *"},
		{Wrapper, `/extract:C:\a?b`, "the path has the character ?"},
		{Install, "/integrate", "a path must follow"},
		{Install, "/d", "a path must follow"},
		{Install, "/b", "a name must follow, /b:branch"},
		{Install, "/hotpatch", "the only form is /hotpatch:disable"},
		{Install, "/hotpatch:enable", "the only form is /hotpatch:disable"},
		{Install, "/q /warnrestart:", "number of seconds from 0 to 86400"},
		{Install, "/q /warnrestart:-1", "number of seconds"},
		{Install, "/q /warnrestart:1e3", "number of seconds"},
		{Install, "/q /warnrestart:86401", "number of seconds"},
		{Install, "/wait", "a number of seconds from 0 to 86400 must follow, /wait:seconds"},
		{Remove, "/wait:x", "a number of seconds from 0 to 86400 must follow, /wait:seconds"},
		{Install, "/extract:c:\\x", "/extract applies to the package only"},
		{Wrapper, "/extract:", "a path must follow the colon"},
		{Wrapper, "/x:" + long, "fewer than 256"},
		{Remove, "/nobackup", "/nobackup applies to installation only"},
		{Remove, "/o", "/overwriteoem applies to installation only"},
		{Remove, "/integrate:c:\\x", "/integrate applies to installation only"},
		{Remove, "/d:c:\\x", "/d applies to installation only"},
		{Remove, "/b:SP1", "/b applies to installation only"},
		{Remove, "/hotpatch:disable", "/hotpatch applies to installation only"},
		{Remove, "/l", "/l applies to installation only"},
		{Remove, "/uninstall", "/uninstall applies to installation only"},
		// Kelvin sign and long s fold to k and s in Unicode; they are no letters of a switch.
		{Install, "/paſſive", "unknown switch"},
	} {
		_, err := Parse(c.mode, strings.Fields(c.line))
		var e *status.Error
		if !errors.As(err, &e) || e.Code != status.InvalidSwitches {
			t.Errorf("%q: error %v, want code 61686", c.line, err)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %q does not say %q", c.line, err, c.want)
		}
	}
}

func TestPathOf255IsAccepted(t *testing.T) {
	if _, err := Parse(Install, []string{"/log:" + strings.Repeat("é", MaxPath-1)}); err != nil {
		t.Error(err)
	}
	if _, err := Parse(Install, []string{"/log:" + strings.Repeat("\U0001F600", MaxPath/2)}); err == nil {
		t.Error("256 UTF-16 units accepted")
	}
}

func TestAllFaultsInOneRun(t *testing.T) {
	o, err := Parse(Install, []string{"/quiet", "/ER", "/bogus", "x y", "/norestart", "/forcerestart"})
	want := `The command line is not valid: unknown switch "/bogus"; "x y" is not a switch; ` +
		`/norestart and /forcerestart cannot be used together. Use /help to see the switches`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if !o.Quiet || !o.ER {
		t.Error("a faulty line lost /quiet or /ER, which say how to report it")
	}
	if want := `/quiet /ER /bogus "x y" /norestart /forcerestart`; o.CommandLine != want {
		t.Errorf("CommandLine %q, want %q", o.CommandLine, want)
	}
}

func TestHelpWinsAndIsAlone(t *testing.T) {
	o, err := Parse(Install, []string{"/norestart", "/help"})
	if !o.Help || err == nil || !strings.Contains(err.Error(), "/norestart and /help cannot be used together") {
		t.Errorf("help %v, error %v", o.Help, err)
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		line string
		want []string
	}{
		{Install, "/warnrestart:9", []string{"/warnrestart is ignored in attended mode"}},
		{Install, "/promptrestart", []string{"/promptrestart is ignored in attended mode"}},
		{Install, "/q /promptrestart", nil},
		{Wrapper, "/x /q /nobackup /log:c", []string{"/nobackup is ignored with /extract", "/log is ignored with /extract"}},
	} {
		o, err := Parse(c.mode, strings.Fields(c.line))
		if err != nil || !reflect.DeepEqual(o.Warnings, c.want) {
			t.Errorf("%q: %q (%v), want %q", c.line, o.Warnings, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"/quiet /norestart", "/log:c:\\x -z", "/warnrestart:30", "\xff/:", "/x:"} {
		f.Add(s, byte(Install))
	}
	f.Fuzz(func(t *testing.T, line string, mode byte) {
		args := strings.Split(line, " ")
		o, err := Parse(Mode(mode), args)
		if err != nil && !errors.Is(err, status.New(status.InvalidSwitches)) {
			t.Fatalf("odd error %v", err)
		}
		if err == nil && (len(o.Log) >= 4*MaxPath || o.Quiet && o.Passive) {
			t.Fatalf("accepted %q as %+v", line, o)
		}
	})
}
