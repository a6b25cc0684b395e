package builder

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kbforge/kbforge/builder/stubs"
	"github.com/kbforge/kbforge/internal/need"
)

// buildBeside builds with every sidecar; files are their contents by the end of the name.
func buildBeside(t *testing.T, s *Signer, get Stubs) (pkg string, files map[string][]byte) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	res, err := Build(context.Background(), planOf(t, starter(t, "multi-branch")), Options{OutDir: out, Stubs: get, Signer: s,
		Sidecars: Sidecars{SBOM: true, Provenance: true, Checksums: true, BuilderID: "https://ci.example/builder"}})
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, path := range res.Sidecars {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(path, res.Package)] = b
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1+len(files) || len(files) != 4 {
		t.Fatalf("the directory has %v, the build names %q (%v)", entries, res.Sidecars, err)
	}
	return res.Package, files
}

func digests(t *testing.T, path string) (one, two string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, c := sha1.Sum(b), sha256.Sum256(b)
	return hex.EncodeToString(a[:]), hex.EncodeToString(c[:])
}

// TestSidecarsRepeat: from another directory they are the same bytes, signed or not.
func TestSidecarsRepeat(t *testing.T) {
	signer, _ := devSigner(t)
	for _, s := range []*Signer{nil, signer} {
		_, one := buildBeside(t, s, sampleStubs)
		_, two := buildBeside(t, s, sampleStubs)
		for name := range one {
			if !bytes.Equal(one[name], two[name]) {
				t.Errorf("%s: the second build gives another", name)
			}
			if bytes.Contains(one[name], []byte(os.TempDir())) {
				t.Errorf("%s names a directory of this machine", name)
			}
		}
	}
}

func TestChecksums(t *testing.T) {
	sum := need.Tool(t, "sha256sum")
	pkg, files := buildBeside(t, nil, sampleStubs)
	check := func() ([]byte, error) {
		cmd := exec.Command(sum, "-c", "--strict", filepath.Base(pkg)+".sha256")
		cmd.Dir = filepath.Dir(pkg)
		return cmd.CombinedOutput()
	}
	out, err := check()
	if err != nil || strings.Count(string(out), ": OK\n") != 4 || len(files) != 4 {
		t.Errorf("%v\n%s", err, out)
	}
	bytesOf(t, pkg, func(b []byte) []byte { b[9] ^= 1; return b })
	if out, err := check(); err == nil {
		t.Errorf("a changed package passes:\n%s", out)
	}
}

// TestCycloneDX: valid by the standard's own schema, and every file of the package is in it with its digests.
func TestCycloneDX(t *testing.T) {
	pkg, files := buildBeside(t, nil, stubs.Get)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(files[".cdx.json"]))
	if err != nil {
		t.Fatal(err)
	}
	schema := cycloneSchema(t)
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
	broken := bytes.Replace(files[".cdx.json"], []byte(`"type": "file"`), []byte(`"type": "fyle"`), 1)
	if doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(broken)); err != nil || schema.Validate(doc) == nil {
		t.Error("the schema accepts a component of an unknown type")
	}
	var bom struct {
		Metadata struct {
			Component struct {
				Hashes []struct{ Alg, Content string }
			}
		}
		Components []struct {
			Type, Name, Version, PURL string
			Ref                       string `json:"bom-ref"`
			Hashes                    []struct{ Alg, Content string }
		}
		Dependencies []struct {
			Ref       string
			DependsOn []string
		}
	}
	if err := json.Unmarshal(files[".cdx.json"], &bom); err != nil {
		t.Fatal(err)
	}
	if _, two := digests(t, pkg); bom.Metadata.Component.Hashes[1].Content != two {
		t.Errorf("the package's digest is %s, not %+v", two, bom.Metadata.Component.Hashes)
	}
	dir := filepath.Join(t.TempDir(), "x")
	made, err := Extract(context.Background(), pkg, dir)
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for _, c := range bom.Components {
		if c.PURL != "" {
			modules++
			continue
		}
		one, two := digests(t, filepath.Join(dir, filepath.FromSlash(c.Name)))
		if c.Hashes[0].Content != one || c.Hashes[1].Content != two {
			t.Errorf("%s: %+v", c.Name, c)
		}
	}
	if len(bom.Components)-modules != len(made) {
		t.Errorf("%d components for %d files", len(bom.Components)-modules, len(made))
	}
	i := slices.IndexFunc(bom.Dependencies, func(d struct {
		Ref       string
		DependsOn []string
	}) bool {
		return d.Ref == "file:update/update.exe"
	})
	if modules == 0 || len(bom.Dependencies[i].DependsOn) != modules || !slices.Contains(bom.Dependencies[i].DependsOn, sysModule(t)) {
		t.Errorf("update.exe depends on %q, %d modules are listed", bom.Dependencies[i].DependsOn, modules)
	}
}

// sysModule is a module that the runtime surely has.
func sysModule(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}}@{{.Version}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Fatal(err)
	}
	return "pkg:golang/" + strings.TrimSpace(string(out))
}

// cycloneSchema compiles the schema that the CycloneDX module ships.
func cycloneSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "schema")
	c := jsonschema.NewCompiler()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			b, err = os.ReadFile(filepath.Join(dir, strings.Replace(name, ".schema.json", ".schemax.json", 1))) // so it is named there
		}
		if err != nil {
			need.Missing(t, "the schema %s of the CycloneDX module: %v", name, err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+name, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSPDX: what SPDX 2.3 demands of a document with analyzed files.
func TestSPDX(t *testing.T) {
	pkg, files := buildBeside(t, nil, stubs.Get)
	var d spdxDocument
	dec := json.NewDecoder(bytes.NewReader(files[".spdx.json"]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if d.Version != "SPDX-2.3" || d.License != "CC0-1.0" || d.ID != "SPDXRef-DOCUMENT" || d.Name == "" || !strings.HasPrefix(d.Namespace, "urn:uuid:") ||
		!regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).MatchString(d.Creation.Created) || len(d.Creation.Creators) != 2 {
		t.Errorf("head: %+v", d)
	}
	for _, c := range d.Creation.Creators {
		if !regexp.MustCompile(`^(Tool|Organization): .+`).MatchString(c) {
			t.Errorf("creator %q", c)
		}
	}
	ids := map[string]bool{d.ID: true}
	var sums []string
	dir := filepath.Join(t.TempDir(), "x")
	if _, err := Extract(context.Background(), pkg, dir); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.Packages {
		if ids[p.ID] || p.Name == "" || p.DownloadLocation == "" || p.Concluded == "" || p.Declared == "" || p.Copyright == "" {
			t.Errorf("package %+v", p)
		}
		ids[p.ID] = true
	}
	for _, f := range d.Files {
		one, two := digests(t, filepath.Join(dir, filepath.FromSlash(f.Name)))
		if ids[f.ID] || !strings.HasPrefix(f.Name, "./") || f.Checksums[0] != (spdxChecksum{"SHA1", one}) || f.Checksums[1] != (spdxChecksum{"SHA256", two}) {
			t.Errorf("file %+v", f)
		}
		ids[f.ID] = true
		sums = append(sums, one)
	}
	for id := range ids {
		if !regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`).MatchString(id) {
			t.Errorf("identifier %q", id)
		}
	}
	slices.Sort(sums)
	if want := sha1.Sum([]byte(strings.Join(sums, ""))); d.Packages[0].Verification.Value != hex.EncodeToString(want[:]) {
		t.Errorf("verification code %s, want %x", d.Packages[0].Verification.Value, want)
	}
	contained := 0
	for _, r := range d.Relationships {
		if !ids[r.Element] || !ids[r.Related] {
			t.Errorf("relationship %+v of something that is not there", r)
		}
		if r.Type == "CONTAINS" {
			contained++
		}
	}
	if contained != len(d.Files) || d.Relationships[0] != (spdxRelationship{"SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package"}) || len(d.Packages) < 2 {
		t.Errorf("%d files, %d contained, %d packages, first relationship %+v", len(d.Files), contained, len(d.Packages), d.Relationships[0])
	}
}

// TestProvenance: the statement is about the package and names each input with its digest; signed, the envelope's signature
// verifies with the signer's certificate, by openssl too.
func TestProvenance(t *testing.T) {
	signer, dev := devSigner(t)
	pkg, files := buildBeside(t, signer, sampleStubs)
	var env struct {
		Payload, PayloadType string
		Signatures           []struct{ KeyID, Sig string }
	}
	line := files[".intoto.jsonl"]
	if err := json.Unmarshal(line, &env); err != nil || bytes.Count(line, []byte("\n")) != 1 {
		t.Fatalf("%v\n%s", err, line)
	}
	body, err := base64.StdEncoding.DecodeString(env.Payload)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := base64.StdEncoding.DecodeString(env.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	pae := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(env.PayloadType), env.PayloadType, len(body), body)
	sum := sha256.Sum256(pae)
	if err := rsa.VerifyPKCS1v15(dev.Public().(*rsa.PublicKey), crypto.SHA256, sum[:], sig); err != nil {
		t.Errorf("the envelope: %v", err)
	}
	opensslVerifies(t, dev.Certificates()[0].Raw, pae, sig)
	var st statement
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&st); err != nil {
		t.Fatal(err)
	}
	_, two := digests(t, pkg)
	if st.Type != "https://in-toto.io/Statement/v1" || st.PredicateType != "https://slsa.dev/provenance/v1" || len(st.Subject) != 1 ||
		st.Subject[0].Name != filepath.Base(pkg) || st.Subject[0].Digest["sha256"] != two || st.Predicate.Run.Builder.ID != "https://ci.example/builder" {
		t.Errorf("%+v", st)
	}
	var names []string
	for _, r := range st.Predicate.Definition.Dependencies {
		names = append(names, r.Name)
		if len(r.Digest["sha256"]) != 64 {
			t.Errorf("%+v", r)
		}
	}
	want := []string{"eula.txt", "rtmgdr/reader.dll", "rtmgdr/readerfix.exe", "rtmqfe/reader.dll", "rtmqfe/readerfix.exe", "update.toml", "kbforge extractor for x64", "kbforge runtime for x64"}
	if !slices.Equal(names, want) {
		t.Errorf("inputs %q, want %q", names, want)
	}
	if _, plain := buildBeside(t, nil, sampleStubs); json.Unmarshal(plain[".provenance.json"], &st) != nil {
		t.Error("without a key there is no plain statement")
	}
}

func opensslVerifies(t *testing.T, cert, data, sig []byte) {
	t.Helper()
	ssl, dir := need.Tool(t, "openssl"), t.TempDir()
	for name, b := range map[string][]byte{"c.der": cert, "data": data, "sig": sig} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"x509", "-inform", "DER", "-in", "c.der", "-pubkey", "-noout", "-out", "pub.pem"},
		{"dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig", "data"}} {
		cmd := exec.Command(ssl, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("openssl %q: %v\n%s", args, err, out)
		}
	}
}
