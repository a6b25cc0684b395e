package updateinf

import (
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Get returns a string by name, without regard to case, or "".
func (s Strings) Get(name string) string { return s[strings.ToLower(name)] }

// KB returns SP_SHORT_TITLE: "KB123456". It names log, catalog and backup directory.
func (s Strings) KB() string { return s.Get("SP_SHORT_TITLE") }

// Title returns SP_TITLE.
func (s Strings) Title() string { return s.Get("SP_TITLE") }

// Comment returns COMMENT.
func (s Strings) Comment() string { return s.Get("COMMENT") }

// BuildTimestamp returns BUILDTIMESTAMP: YYYYMMDD.HHMMSS.
func (s Strings) BuildTimestamp() string { return s.Get("BUILDTIMESTAMP") }

// HelpLink returns HELPLINK.
func (s Strings) HelpLink() string { return s.Get("HELPLINK") }

// URLInfoAbout returns URLInfoAbout.
func (s Strings) URLInfoAbout() string { return s.Get("URLInfoAbout") }

// ParentDisplayName returns PARENT_DISPLAY_NAME.
func (s Strings) ParentDisplayName() string { return s.Get("PARENT_DISPLAY_NAME") }

// Publisher returns Publisher.
func (s Strings) Publisher() string { return s.Get("Publisher") }

// Architecture returns PACKAGE_ARCHITECTURE.
func (s Strings) Architecture() string { return s.Get("PACKAGE_ARCHITECTURE") }

// ServicePackNumber returns SERVICE_PACK_NUMBER, the service pack that will contain the update; false if it is missing or
// no number.
func (s Strings) ServicePackNumber() (int, bool) {
	text := s.Get("SERVICE_PACK_NUMBER")
	n, err := inf.ParseNumber(text)
	return int(n), err == nil && text != ""
}
