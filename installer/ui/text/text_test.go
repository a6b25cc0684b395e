package text

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestEveryLanguageHasEveryKeyWithTheSameInserts(t *testing.T) {
	table, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(table.Languages, []string{"en", "fr", "de"}) {
		t.Errorf("languages %v", table.Languages)
	}
	inserts := func(s string) string {
		list := regexp.MustCompile(`%[1-9]`).FindAllString(s, -1)
		slices.Sort(list)
		return strings.Join(slices.Compact(list), "")
	}
	english := table.Words("en")
	for _, lang := range table.Languages {
		words := table.Words(lang)
		for k, en := range english {
			s, ok := words[k]
			switch {
			case !ok:
				t.Errorf("[%s] has no %q", k, lang)
			case inserts(s) != inserts(en):
				t.Errorf("[%s] %s has the inserts %q, English %q", k, lang, inserts(s), inserts(en))
			case strings.Contains(s, "&") != strings.Contains(en, "&"):
				t.Errorf("[%s] %s: a letter to press in one language only", k, lang)
			case strings.Contains(strings.ReplaceAll(s, "&&", ""), "& ") || strings.HasSuffix(s, "&"):
				t.Errorf("[%s] %s: & before no letter", k, lang)
			}
		}
		for k := range words {
			if _, ok := english[k]; !ok {
				t.Errorf("[%s] has %q and no English", k, lang)
			}
		}
	}
}

func TestTheKeysOfTheCodeAndOfTheTableAreTheSame(t *testing.T) {
	b, err := os.ReadFile("keys.go")
	if err != nil {
		t.Fatal(err)
	}
	inCode := map[Key]bool{}
	for _, m := range regexp.MustCompile(`Key = "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
		inCode[Key(m[1])] = true
	}
	en := English()
	for k := range inCode {
		if !en.Has(k) {
			t.Errorf("the table has no [%s]", k)
		}
	}
	for k := range en.words {
		if question := strings.HasPrefix(string(k), "question.") && k != QuestionCountdown; !inCode[k] && !question {
			t.Errorf("keys.go has no %s", k)
		}
	}
}

// Two controls of one window must not share the letter that Alt presses.
func TestMnemonicsDoNotCollide(t *testing.T) {
	windows := map[string][]Key{
		"licence": {ButtonBack, ButtonNext, ButtonPrint, LicenceLabel, LicenceAccept, LicenceRefuse},
		"options": {ButtonBack, ButtonNext, ButtonBrowse, OptionsArchive, OptionsDiscard, OptionsFolder},
		"done":    {ButtonFinish, DoneLater},
		"failed":  {ButtonFinish, DoneFailedDetails},
		"cancel":  {ButtonYes, ButtonNo},
	}
	for k := range English().words {
		if base, ok := strings.CutSuffix(string(k), ".yes"); ok && strings.HasPrefix(base, "question.") {
			windows[base] = []Key{k, Key(base + ".no")}
		}
	}
	table, _ := Parse(source)
	for _, lang := range table.Languages {
		text := For(lang)
		for name, keys := range windows {
			seen := map[rune]Key{}
			for _, k := range keys {
				_, after, ok := strings.Cut(strings.ReplaceAll(text.Get(k), "&&", ""), "&")
				if !ok {
					t.Errorf("%s [%s] has no letter to press", lang, k)
					continue
				}
				r := unicode.ToUpper([]rune(after)[0])
				if other, taken := seen[r]; taken {
					t.Errorf("%s, %s: [%s] and [%s] share %c", lang, name, k, other, r)
				}
				seen[r] = k
			}
		}
	}
}

func TestForTakesTheFirstLanguageThatIsThere(t *testing.T) {
	for _, c := range []struct {
		tags []string
		want string
	}{{nil, "en"}, {[]string{"fr-CA", "en-US"}, "fr"}, {[]string{"pl-PL", "de-AT"}, "de"}, {[]string{"he-IL"}, "en"}, {[]string{"FR"}, "fr"}} {
		if got := For(c.tags...).Language(); got != c.want {
			t.Errorf("%v: %s, want %s", c.tags, got, c.want)
		}
	}
	if got := For("fr").Get(DoneInstallText, "KB1"); got != "KB1 : installation réussie." {
		t.Errorf("%q", got)
	}
	if got := English().Get("no.such"); got != "no.such" {
		t.Errorf("%q", got)
	}
	if !RightToLeft("he-IL") || RightToLeft("fr") || RightToLeft("") {
		t.Error("right to left")
	}
}

func TestParseNamesTheLine(t *testing.T) {
	for s, want := range map[string]string{
		"en = x":                                "texts.txt:1:",
		"[languages]\nen = E\n[k]\nfr = x":      "texts.txt:4:",
		"[languages]\nen = E\n[k]\nen = ":       "texts.txt:4:",
		"[languages]\nen=E\n[k]\nen=a\n\nen=b":  "texts.txt:6:",
		"[languages]\nen = E\n# c\n[k]\nplain ": "texts.txt:5:",
	} {
		if _, err := Parse(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", s, err)
		}
	}
}
