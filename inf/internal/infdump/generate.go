package infdump

import (
	"math/rand"
	"strings"
)

// Generate makes the text of an INF file out of the pieces on which readers could disagree, of which one in five is broken
// on purpose. The same source gives the same text.
func Generate(rnd *rand.Rand) string {
	g := &generator{rnd: rnd}
	if g.one(12) {
		g.add(g.pick(";head", "text before", "", "a=b", "  ;; x"))
	}
	g.version()
	for range 1 + rnd.Intn(4) {
		g.header()
		for range rnd.Intn(6) {
			g.line()
		}
	}
	if !g.one(4) {
		g.add("[" + g.pick("Strings", "STRINGS", "strings") + "]")
		for range rnd.Intn(5) {
			g.add(g.pick("foo", "bar", `"q"`, "SP_SHORT_TITLE", "11", "a b") + g.pick("=", " = ", "= ") +
				g.pick("aaa", `"b b"`, `"""x"""`, "%foo%", `C:\`, "a,b", "KB1", `"KB%%1"`, "", "%%", ` " s "`))
		}
		if g.one(3) {
			g.header()
			g.line()
		}
	}
	return g.out.String()
}

type generator struct {
	rnd *rand.Rand
	out strings.Builder
}

func (g *generator) one(in int) bool { return g.rnd.Intn(in) == 0 }

func (g *generator) pick(list ...string) string { return list[g.rnd.Intn(len(list))] }

func (g *generator) add(line string) {
	g.out.WriteString(line + g.pick("\r\n", "\r\n", "\r\n", "\n"))
}

func (g *generator) version() {
	if g.one(30) {
		return
	}
	g.add(g.pick("[Version]", "[version]", "  [VERSION] ; c", "[Version]junk"))
	if g.one(4) {
		g.add("LanguageType= %LangTypeValue%")
	}
	g.add(g.pick(`Signature="$Windows NT$"`, `Signature="$Windows NT$"`, `Signature="$Windows NT$"`, `signature = "$CHICAGO$" ;c`,
		`Signature=$Windows NT$`, `Signature="$Windows 95$"`, `Signature="$WINDOWS NT$",x`))
	if g.one(30) {
		g.add("Signature=nonsense")
	}
}

func (g *generator) header() {
	names := []string{"A", "b", "B", "X.Files", "x.files", "  Blanks  ", "With;Semicolon", `Back\slash`, `Qu"ote`, "Test[Section", "", "Per%cent%"}
	h := "[" + g.pick(names...) + "]"
	switch {
	case g.one(60):
		h = "[unclosed"
	case g.one(80):
		h = "[" + strings.Repeat("n", 250+g.rnd.Intn(12)) + "]"
	}
	g.add(g.pick("", " ", "\t") + h + g.pick("", "", " ; comment", " junk", "]", " [x]", " \\"))
}

func (g *generator) line() {
	switch {
	case g.one(10):
		g.add(g.pick("", "  ", "\t", "; a comment", "   ;;x", ";\\"))
		return
	case g.one(120):
		g.add(g.pick("", "k=") + strings.Repeat("f", 500+g.rnd.Intn(30)))
		return
	}
	var b strings.Builder
	b.WriteString(g.pick("", "", "  ", "\t"))
	if !g.one(3) {
		b.WriteString(g.field() + g.pick("=", " = ", "=", "= ", " ="))
	}
	for i := range 1 + g.rnd.Intn(5) {
		if i > 0 {
			b.WriteString(g.pick(",", ", ", " ,", ",\\\r\n    ", ", \\ ; c\r\n", "\\\r\n,", " \\ \n , "))
		}
		b.WriteString(g.field())
	}
	b.WriteString(g.pick("", "", "", " ", ";c", " ; c", " \\", ",", " ,", "\t;;"))
	g.add(b.String())
}

// field is a field or key of up to three pieces.
func (g *generator) field() string {
	if g.one(300) {
		return g.pick(`"""`, `"open`, `a"b`)
	}
	if g.one(15) {
		return g.pick(`x\`, `\`, `\\`, `C:\ x`)
	}
	var b strings.Builder
	for range 1 + g.rnd.Intn(3) {
		b.WriteString(g.pick("a", "b c", "HKLM", `SOFTWARE\X`, `"q"`, `"a,b"`, `"a;b"`, `"a=b"`, `""`, `"x y"`, `"say ""hi"""`,
			`" lead"`, `"trail "`, `"x\"`, "%foo%", "%bar%", "%FOO%", "%none%", "%%", "%", `"%foo%"`, `%f"o"o%`, "%SP_SHORT_TITLE%", "%SystemRoot%", `"%11%\a"`, `%10%\b`, `"%24%\c"`, "%24%",
			"'s'", "[x]", "[", "]", "0x10001", "-1", " ", "\t", "=", "", "@f", "*", "!", "/", "é", "\r", `\ x`))
	}
	return b.String()
}
