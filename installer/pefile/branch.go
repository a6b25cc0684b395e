package pefile

import "strings"

// BranchRule maps the build token of a version text, without its product prefix, to a branch. '#' in Token stands for one
// or more digits, and in Branch for the same digits. An empty Branch says that the file is of no servicing branch.
type BranchRule struct{ Token, Branch string }

// BranchMap finds the servicing branch a file was built in from the free text of its FileVersion, such as
// "5.1.2600.2622 (xpsp_sp2_gdr.050301-1519)". The first rule that fits decides.
type BranchMap struct {
	Prefixes []string // product prefixes of tokens, lower case, tried in order
	Rules    []BranchRule
}

// DefaultBranches is the map for the tokens seen in public bulletins and logs. Names of branches are those of branches.inf
// of Windows Server 2003 (RTMGDR, RTMQFE, SP1RTM, SP1GDR, ...). What is the baseline of a service pack is its RTM branch;
// the release itself has no branch of its own in that chain. (OURS: no source lists the tokens completely.)
func DefaultBranches() BranchMap {
	return BranchMap{
		Prefixes: []string{"xpsp_", "xpclient_", "srv03_", "win2k_", "xpsp", "xpclient", "srv03", "win2k"},
		Rules: []BranchRule{
			{"sp#_gdr", "SP#GDR"},
			{"sp#_qfe", "SP#QFE"},
			{"sp#_rtm", "SP#RTM"},
			{"sp#", "SP#RTM"},
			{"#", "SP#RTM"}, // xpsp2
			{"gdr", "RTMGDR"},
			{"qfe", "RTMQFE"},
			{"rtm", ""},
			{"", ""},
		},
	}
}

// With returns the map with rules in front of its own.
func (m BranchMap) With(rules ...BranchRule) BranchMap {
	m.Rules = append(append([]BranchRule(nil), rules...), m.Rules...)
	return m
}

// Branch is DefaultBranches().Branch.
func Branch(fileVersionText string) string { return DefaultBranches().Branch(fileVersionText) }

// Branch returns the branch of a version text, "" where it names none or one that no rule knows. The token is what stands
// before the point in the last "(token.yymmdd-hhmm)".
func (m BranchMap) Branch(fileVersionText string) string {
	token, ok := buildToken(fileVersionText)
	if !ok {
		return ""
	}
	short := token
	for _, p := range m.Prefixes {
		if rest, ok := strings.CutPrefix(token, p); ok {
			short = rest
			break
		}
	}
	for _, r := range m.Rules {
		for _, t := range []string{token, short} {
			if digits, ok := matchRule(r.Token, t); ok {
				return strings.ReplaceAll(r.Branch, "#", digits)
			}
		}
	}
	return ""
}

// BuildToken is what stands before the point in the last "(token.yymmdd-hhmm)" of a version text, in lower case; empty if there is none.
// In a branch hierarchy of the author's own it is the name of a branch (OURS).
func BuildToken(fileVersionText string) string {
	token, _ := buildToken(fileVersionText)
	return token
}

func buildToken(s string) (string, bool) {
	for {
		open := strings.LastIndexByte(s, '(')
		if open < 0 {
			return "", false
		}
		inner, _, closed := strings.Cut(s[open+1:], ")")
		if dot := strings.LastIndexByte(inner, '.'); closed && dot >= 0 && isBuildDate(inner[dot+1:]) {
			return strings.ToLower(inner[:dot]), true
		}
		s = s[:open]
	}
}

// isBuildDate reports whether s is yymmdd-hhmm.
func isBuildDate(s string) bool {
	if len(s) != 11 {
		return false
	}
	for i, c := range []byte(s) {
		if i == 6 && c != '-' || i != 6 && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func matchRule(pattern, token string) (digits string, ok bool) {
	before, after, wild := strings.Cut(strings.ToLower(pattern), "#")
	if !wild {
		return "", token == before
	}
	if len(token) <= len(before)+len(after) || !strings.HasPrefix(token, before) || !strings.HasSuffix(token, after) {
		return "", false
	}
	digits = token[len(before) : len(token)-len(after)]
	return digits, strings.Trim(digits, "0123456789") == ""
}
