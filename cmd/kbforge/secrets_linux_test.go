package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// processList is what ps shows to everybody: the arguments of all processes.
func processList(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no process list: %v", err)
	}
	var list strings.Builder
	for _, p := range paths {
		b, _ := os.ReadFile(p) // some end meanwhile
		list.Write(bytes.ReplaceAll(b, []byte{0}, []byte{' '}))
		list.WriteByte('\n')
	}
	return list.String()
}

// TestProcessList: while kbforge signs, by every source of a key that has a secret, and asks a time stamp server, or runs the key
// command, no process has the password in its arguments; nor is it in what kbforge says, or in what it asks the server.
func TestProcessList(t *testing.T) {
	ssl := need.Tool(t, "openssl")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const password = "Hunter2-gehe1m"
	dir := t.TempDir()
	put := func(name string, b []byte, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var seen struct {
		sync.Mutex
		lists, requests string
		n               int
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		list := processList(t)
		seen.Lock()
		defer seen.Unlock()
		seen.n++
		seen.lists += list
		seen.requests += string(body) + r.URL.String()
		for k, v := range r.Header {
			seen.requests += k + strings.Join(v, " ")
		}
		w.WriteHeader(http.StatusBadRequest) // so that the signing fails, and says why
	}))
	defer server.Close()
	kbforge := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(self, args...)
		cmd.Args[0] = "kbforge" // the test binary is kbforge under that name
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PW="+password)
		out, err := cmd.CombinedOutput()
		if _, exit := err.(*exec.ExitError); err != nil && !exit {
			t.Fatal(err)
		}
		return string(out)
	}
	exe, err := samplepe.Build(samplepe.Spec{Arch: "x64"})
	if err != nil {
		t.Fatal(err)
	}
	put("a.exe", exe, 0o666)
	put("pass", []byte(password+"\n"), 0o600)
	said := kbforge("sign", "--dev-key", "keys", "a.exe")
	for _, args := range [][]string{
		{"pkcs12", "-export", "-inkey", "keys/development-key.pem", "-in", "keys/development-cert.pem", "-out", "k.pfx", "-passout", "file:pass"},
		{"pkcs8", "-topk8", "-in", "keys/development-key.pem", "-out", "locked.pem", "-passout", "file:pass"},
	} {
		cmd := exec.Command(ssl, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	put("profiles.toml", []byte("[signing.release]\npfx = \"k.pfx\"\npassword-env = \"PW\"\ntimestamp = [\""+server.URL+"\"]\n"), 0o600)
	for _, key := range [][]string{
		{"--pfx", "k.pfx", "--password-env", "PW"},
		{"--pfx", "k.pfx", "--password-file", "pass"},
		{"--cert", "keys/development-cert.pem", "--key", "locked.pem", "--password-env", "PW"},
		{"--profile", "profiles.toml:release"},
	} {
		before := seen.n
		out := kbforge(append(append([]string{"sign", "--timestamp", server.URL}, key...), "a.exe")...)
		if seen.n == before || !strings.Contains(out, "no server answered properly") {
			t.Errorf("%q: the server was not asked:\n%s", key, out)
		}
		said += out
	}
	// A key command sees the digest on its standard input, and the process list it could read has no secret either.
	put("signer", []byte("#!/bin/sh\ncat >digest; cat /proc/[0-9]*/cmdline >>commands; cat digest >>digests; exit 1\n"), 0o755)
	said += kbforge("sign", "--cert", "keys/development-cert.pem", "--command", "./signer", "a.exe")
	commands, err := os.ReadFile(filepath.Join(dir, "commands"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(dir, "keys", "development-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	keyLine := strings.Split(string(key), "\n")[3]
	for what, text := range map[string]string{"the process list": seen.lists + string(commands), "what kbforge says": said, "what the server gets": seen.requests} {
		if strings.Contains(text, "gehe1m") || strings.Contains(text, keyLine) {
			t.Errorf("%s has a secret", what)
		}
	}
	if !strings.Contains(seen.lists, "--password-env PW") || !strings.Contains(said, "command ./signer") {
		t.Error("the process list lacks kbforge itself; this test sees nothing")
	}
}
