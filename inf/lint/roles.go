package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// assign gives sections their roles: by name, then by what names them.
func (l *linter) assign(vocabulary []section) {
	var waiting []string
	for _, name := range l.sections {
		if s, deco, ok := match(vocabulary, name); ok {
			l.give(name, s.role, &waiting)
			l.decoration(name, s, deco)
		}
	}
	if source, ok := l.uninstallRoot(); ok {
		l.give(source, uninstallChanges, &waiting)
	}
	done := 0
	for ; done < len(waiting); done++ {
		l.follow(waiting[done], &waiting)
	}
}

// give adds a role to a section, once.
func (l *linter) give(section string, r role, waiting *[]string) {
	f := fold(section)
	if slices.Contains(l.roles[f], r) {
		return
	}
	l.roles[f] = append(l.roles[f], r)
	*waiting = append(*waiting, f)
}

// follow gives roles to the sections that a section names. It may come to a section again for another role; what it says
// twice is dropped when the findings are sorted.
func (l *linter) follow(section string, waiting *[]string) {
	for _, r := range slices.Clone(l.roles[section]) {
		for _, line := range l.lines(section) {
			k, ok := keyOf(l.shapes[r], line.Key)
			if !ok || !line.HasKey {
				continue
			}
			switch k.value {
			case names:
				for _, name := range line.Fields {
					l.refer(r, k, name, line, waiting)
				}
			case condText:
				if name := line.Field(1); name != "" {
					l.refer(r, k, name, line, waiting)
				}
			}
		}
	}
}

func (l *linter) refer(from role, k key, name string, line inf.Line, waiting *[]string) {
	if name == "" || strings.HasPrefix(name, "@") && (k.to == copyFiles || k.to == delFiles) {
		return
	}
	if from == uninstallChanges && l.kind == UpdateINF {
		source, ok := l.pairs[fold(name)]
		if !ok {
			l.addCode("missing-section", line.Pos, inf.ErrorSectionNotFound, fmt.Sprintf("%s names [%s], which spuninst.inf will not have", line.Key, name),
				fmt.Sprintf("add the pair %s,%s.Uninstall to [UninstallSections]", name, name))
			return
		}
		name = source
	}
	l.named[fold(name)] = true
	if k.to == dirOnly {
		if !l.hasDestination(name) && !l.hasDestination("DefaultDestDir") {
			l.addCode("no-destination", line.Pos, inf.ErrorLineNotFound, fmt.Sprintf("%s names [%s], which has no destination", line.Key, name),
				fmt.Sprintf("add %s=11 or another directory id to [DestinationDirs]", name))
		}
		return
	}
	if !l.view.Has(name) {
		l.addCode("missing-section", line.Pos, inf.ErrorSectionNotFound, fmt.Sprintf("%s names [%s], which does not exist", line.Key, name),
			l.missingRemedy(name))
		return
	}
	l.give(name, k.to, waiting)
}

func (l *linter) missingRemedy(name string) string {
	const most = 500 // sections among which to look for what was meant
	if near := nearest(name, l.sections[:min(len(l.sections), most)]); near != "" {
		return fmt.Sprintf("did you mean [%s]? Else add the section or take the name out", near)
	}
	return "add the section or take the name out"
}

// uninstallPairs reads [UninstallSections].
func (l *linter) uninstallPairs() {
	for _, line := range l.lines("UninstallSections") {
		for i := 0; i+1 < len(line.Fields); i += 2 {
			name, source := line.Fields[i], line.Fields[i+1]
			if _, ok := l.pairs[fold(name)]; !ok {
				l.pairs[fold(name)] = source
			}
			l.named[fold(source)] = true
			if !l.view.Has(source) {
				l.addCode("missing-section", line.Pos, inf.ErrorSectionNotFound,
					fmt.Sprintf("[UninstallSections] names [%s], which does not exist", source), "add it, even if empty")
			}
		}
	}
}

// uninstallRoot is the section that is, or becomes, [GlobalRegistryChanges] of spuninst.inf.
func (l *linter) uninstallRoot() (string, bool) {
	const root = "GlobalRegistryChanges"
	if l.kind == SpuninstINF {
		return root, l.view.Has(root)
	}
	source, ok := l.pairs[fold(root)]
	return source, ok && l.view.Has(source)
}

// match finds a section in a vocabulary. An exact name goes before a decorated one.
func match(vocabulary []section, name string) (s section, deco string, ok bool) {
	for _, s := range vocabulary {
		if strings.EqualFold(s.name, name) && s.deco != needsSKU && s.deco != skuFiles {
			return s, "", true
		}
	}
	f := fold(name)
	for _, s := range vocabulary {
		base := fold(s.name)
		switch s.deco {
		case plain:
		case skuFiles:
			if strings.HasPrefix(f, base) && strings.HasSuffix(f, "files") && len(f) > len(base)+len("files") && !strings.Contains(f[len(base):], ".") {
				return s, name[len(base) : len(name)-len("files")], true
			}
		case inFront:
			if strings.HasSuffix(f, "."+base) || strings.HasPrefix(f, base+".") {
				return s, "", true
			}
		default:
			if strings.HasPrefix(f, base+".") && len(f) > len(base)+1 {
				return s, name[len(base)+1:], true
			}
		}
	}
	return section{}, "", false
}

// decoration judges what stands after a section's name.
func (l *linter) decoration(name string, s section, deco string) {
	if deco == "" {
		return
	}
	var good []string
	switch s.deco {
	case bySKU, needsSKU, skuFiles:
		good = SKUs()
	case byArch:
		good = archDecorations()
	case byLang:
		if _, ok := inf.StringsLanguage(name); !ok {
			l.add("unknown-decoration", l.sectionPos(name), fmt.Sprintf("[%s]: %q is no language id", name, deco), "write four hexadecimal digits, such as [Strings.0407]")
		}
		return
	default:
		return
	}
	if !slices.Contains(good, fold(deco)) {
		remedy := "write one of " + strings.Join(good, ", ")
		l.add("unknown-decoration", l.sectionPos(name), fmt.Sprintf("[%s]: %q is decoration for nothing this installer knows, so the section never applies", name, deco), remedy)
	}
}

// keyOf finds a key of a shape.
func keyOf(s shape, name string) (key, bool) {
	for _, k := range s.keys {
		if strings.EqualFold(k.name, name) {
			return k, true
		}
	}
	return key{}, false
}
