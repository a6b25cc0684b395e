package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// filesAll judges file sections, their destinations and their sources.
func (l *linter) filesAll() {
	l.destinations()
	for _, name := range l.sections {
		for _, r := range l.roles[fold(name)] {
			switch r {
			case install:
				l.destinationOf(name)
			case copyFiles:
				l.fileLines(name, copyFileFlags)
			case delFiles:
				l.fileLines(name, delFileFlags)
			case registerDlls:
				l.registerLines(name)
			}
		}
	}
	l.sources()
}

// destinations judges [DestinationDirs].
func (l *linter) destinations() {
	for _, line := range l.lines("DestinationDirs") {
		if !line.HasKey {
			continue
		}
		n, err := inf.ParseNumber(line.Field(0))
		switch {
		case err != nil:
			l.addCode("bad-number", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("[DestinationDirs] %s: %v", line.Key, err), "write a directory id such as 11")
		case line.Field(0) == "":
			l.add("dirid-unknown", line.Pos, fmt.Sprintf("[DestinationDirs] %s has no directory id", line.Key), "write one such as 11")
		default:
			l.dirID(n, line.Pos, "[DestinationDirs] "+line.Key)
		}
		if !strings.EqualFold(line.Key, "DefaultDestDir") && !l.view.Has(line.Key) && !l.named[fold(line.Key)] {
			l.add("unused-destination", line.Pos, fmt.Sprintf("[DestinationDirs] has %s, but there is no such section", line.Key), l.missingRemedy(line.Key))
		}
	}
}

// destinationOf looks for the destinations of what CopyFiles and its relatives name in a section.
func (l *linter) destinationOf(section string) {
	for _, line := range l.lines(section) {
		k, ok := keyOf(l.shapes[install], line.Key)
		if !ok || !slices.Contains([]role{copyFiles, delFiles, renFiles}, k.to) {
			continue
		}
		for _, name := range line.Fields {
			at := strings.HasPrefix(name, "@")
			if file := strings.TrimPrefix(name, "@"); at && k.to == copyFiles {
				l.copied[fold(file)] = true
			}
			if name == "" || at && l.hasDestination("DefaultDestDir") || !at && len(l.lines(name)) == 0 {
				continue
			}
			if at || !l.hasDestination(name) && !l.hasDestination("DefaultDestDir") {
				entry := name
				if at {
					entry = "DefaultDestDir"
				}
				l.addCode("no-destination", line.Pos, inf.ErrorLineNotFound, fmt.Sprintf("[%s] has no destination", entry),
					fmt.Sprintf("add %s=11 or another directory id to [DestinationDirs]", entry))
			}
		}
	}
}

func (l *linter) fileLines(section string, known uint32) {
	seen := map[string]int{}
	for _, line := range l.lines(section) {
		name := line.Field(0)
		if name == "" || line.HasKey {
			continue // line-form
		}
		l.flags(line, 3, known)
		if first, ok := seen[fold(name)]; ok {
			l.add("duplicate-file", line.Pos, fmt.Sprintf("[%s] has %s already on line %d, which counts", section, name, first), "take one of the lines out")
			continue
		}
		seen[fold(name)] = line.Pos.Line
		if known == copyFileFlags {
			source := line.Field(1)
			if source == "" {
				source = name
			}
			l.source(source, line.Pos)
		}
	}
}

// source judges one source of a copy; each is reported once.
func (l *linter) source(name string, pos inf.Pos) {
	f := fold(name)
	if l.copied[f] {
		return
	}
	l.copied[f] = true
	if !l.listed()[f] {
		l.add("missing-source", pos, fmt.Sprintf("[SourceDisksFiles] does not list %s", name), fmt.Sprintf("add %s=1", name))
	}
}

// eachSource calls do with every line of [SourceDisksFiles] and its decorated forms.
func (l *linter) eachSource(role role, do func(section string, line inf.Line)) {
	for _, name := range l.sections {
		if !slices.Contains(l.roles[fold(name)], role) {
			continue
		}
		for _, line := range l.lines(name) {
			if line.HasKey {
				do(name, line)
			}
		}
	}
}

func (l *linter) listed() map[string]bool {
	if l.sourceList == nil {
		l.sourceList = map[string]bool{}
		l.eachSource(diskFiles, func(_ string, line inf.Line) { l.sourceList[fold(line.Key)] = true })
	}
	return l.sourceList
}

// sources judges [SourceDisksFiles].
func (l *linter) sources() {
	disks := map[string]bool{}
	l.eachSource(diskNames, func(_ string, line inf.Line) { disks[line.Key] = true })
	l.eachSource(diskFiles, func(section string, line inf.Line) {
		if !l.copied[fold(line.Key)] {
			l.add("unused-source", line.Pos, fmt.Sprintf("[%s] lists %s, which nothing copies", section, line.Key), "take it out, or name it in a CopyFiles section")
		}
		if !disks[line.Field(0)] {
			l.add("unknown-disk", line.Pos, fmt.Sprintf("[%s] %s is on disk %q, which [SourceDisksNames] does not list", section, line.Key, line.Field(0)), "write the disk as 1 and add 1=description to [SourceDisksNames]")
		}
	})
}

func (l *linter) registerLines(section string) {
	for _, line := range l.lines(section) {
		if line.HasKey || len(line.Fields) < 4 {
			continue // line-form
		}
		n, err := inf.ParseNumber(line.Field(0))
		if err != nil || line.Field(0) == "" {
			l.addCode("bad-number", line.Pos, inf.ErrorGeneralSyntax, fmt.Sprintf("[%s]: %q is no directory id", section, line.Field(0)), "write one such as 11")
		} else {
			l.dirID(n, line.Pos, "["+section+"]")
		}
		l.flags(line, 3, registerFlags)
	}
}
