package cmdline

import "strings"

// usageWidth is the column at which help lines are wrapped.
const usageWidth = 78

// Usage is the text that /help shows, lines ended by \n.
func Usage(mode Mode) string {
	var b strings.Builder
	for _, s := range Switches() {
		if s.Modes&mode == 0 {
			continue
		}
		b.WriteString("  /" + s.Name + s.Argument)
		if len(s.Old) > 0 {
			b.WriteString("   (also /" + strings.Join(s.Old, ", /") + ")")
		}
		b.WriteString("\n")
		wrap(&b, s.Help, "        ")
	}
	b.WriteString("\nSwitches begin with / or -, in upper or lower case.\n")
	return b.String()
}

func wrap(b *strings.Builder, text, indent string) {
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+len(word) > usageWidth:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}
