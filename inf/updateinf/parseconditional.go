package updateinf

import (
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// conditionalKind is a section of conditions: [ProductInstall.Conditional] or the like, with the key of its lines.
type conditionalKind struct{ section, key string }

func fileConditions() conditionalKind {
	return conditionalKind{"ProductInstall.Conditional", "FileCondition"}
}
func regConditions() conditionalKind { return conditionalKind{"Register.Include", "RegCondition"} }
func extConditions() conditionalKind {
	return conditionalKind{"ProductInstall.ExtendedConditional", "ConditionInstall"}
}
func dirConditions() conditionalKind { return conditionalKind{"DirectoryId.Include", "AddDirId"} }

// each calls f for every existing section that the lines of k name.
func (p *parser) each(k conditionalKind, f func(name string, at inf.Line)) {
	for _, l := range p.lines(k.section) {
		if !strings.EqualFold(l.Key, k.key) {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write %s=section", k.section, l.Describe(), k.key)
			continue
		}
		for _, name := range l.Fields {
			if name != "" && !p.missing(name, l) {
				f(name, l)
			}
		}
	}
}

func (p *parser) conditionals() {
	p.each(fileConditions(), func(name string, at inf.Line) {
		c := p.conditional(name, at)
		files, _ := p.install(c.InstallFrom, at, true, false)
		p.u.Conditional = append(p.u.Conditional, ConditionalFiles{c, files})
	})
	p.each(regConditions(), func(name string, at inf.Line) {
		c := p.conditional(name, at)
		_, registry := p.install(c.InstallFrom, at, false, true)
		p.u.RegisterInclude = append(p.u.RegisterInclude, ConditionalRegistry{c, registry})
	})
}

// conditional reads the section of a FileCondition or RegCondition.
func (p *parser) conditional(name string, at inf.Line) Conditional {
	c := Conditional{Name: name, Pos: at.Pos}
	before := len(p.errs)
	for _, l := range p.lines(name) {
		switch strings.ToLower(l.Key) {
		case "installfromsection":
			c.InstallFrom = l.Field(0)
		case "operation":
			c.Operation = p.operation(l)
		case "copyflags":
			c.CopyFlags = p.copyFlags(l)
		case "targetfromsection":
			if c.TargetFrom = l.Field(0); c.TargetFrom != "" {
				p.dir(c.TargetFrom, l)
			}
		default:
			p.unknownKey(name, l, "InstallFromSection, Operation, CopyFlags, TargetFromSection")
		}
	}
	if (c.InstallFrom == "" || c.Operation == (Operation{})) && len(p.errs) == before {
		p.fault(at, inf.ErrorLineNotFound, "[%s] needs InstallFromSection=section and Operation=CustomFunction,dll,function", name)
	}
	return c
}

func (p *parser) unknownKey(section string, l inf.Line, known string) {
	p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s is not understood here; known keys: %s", section, l.Describe(), known)
}

func (p *parser) operation(l inf.Line) Operation {
	var o Operation
	two := len(l.Fields) <= 3 && l.Field(1) != "" && l.Field(2) != ""
	switch {
	case two && strings.EqualFold(l.Field(0), "CustomFunction"):
		o.CustomDLL, o.CustomFunc = l.Field(1), l.Field(2)
	case two && strings.EqualFold(l.Field(0), "CheckInstall"):
		o.CheckInstall = [2]string{l.Field(1), l.Field(2)}
	default:
		p.fault(l, inf.ErrorGeneralSyntax, "%s: write Operation=CustomFunction,dll,function or Operation=CheckInstall,file,file", l.Describe())
	}
	return o
}

func (p *parser) copyFlags(l inf.Line) uint32 {
	bits, bad := parseCopyFlags(value(l))
	if bad != "" {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: %q is no copy flag; write names such as SP_COPY_FORCE_NEWER with | between them", l.Describe(), bad)
		p.errs[len(p.errs)-1].Err = ErrCopyFlag
	}
	return bits
}

// install reads a section of CopyFiles=, AddReg= and the like that a condition names.
func (p *parser) install(section string, at inf.Line, files, registry bool) (fs []FileGroup, rs []RegistryGroup) {
	if section == "" || p.missing(section, at) {
		return nil, nil
	}
	kinds := map[string]FileKind{"copyfiles": Copy, "delfiles": Delete, "renfiles": Rename}
	regKinds := map[string]RegKind{"addreg": AddReg, "delreg": DelReg, "bitreg": BitReg}
	for _, l := range p.lines(section) {
		kind, isFile := kinds[strings.ToLower(l.Key)]
		regKind, isReg := regKinds[strings.ToLower(l.Key)]
		switch {
		case isFile && files:
			for _, name := range l.Fields {
				if g, ok := p.fileGroup("", "", kind, name, l); name != "" && ok {
					fs = append(fs, g)
				}
			}
		case isReg && registry:
			for _, name := range l.Fields {
				if g, ok := p.registryGroup("", "", regKind, name, l); name != "" && ok {
					rs = append(rs, g)
				}
			}
		case files:
			p.unknownKey(section, l, "CopyFiles, DelFiles, RenFiles")
		default:
			p.unknownKey(section, l, "AddReg, DelReg, BitReg")
		}
	}
	return fs, rs
}

func (p *parser) extendedConditionals() {
	p.each(extConditions(), func(name string, at inf.Line) {
		c := ExtendedConditional{Name: name, Pos: at.Pos}
		operations := 0
		for _, l := range p.lines(name) {
			switch strings.ToLower(l.Key) {
			case "condition":
				if cond, ok := p.condition(l); ok {
					c.Conditions = append(c.Conditions, cond)
				}
			case "conditionaloperations":
				for _, ops := range l.Fields {
					operations++
					p.operations(&c, ops, l)
				}
			default:
				p.unknownKey(name, l, "condition, ConditionalOperations")
			}
		}
		if len(c.Conditions) == 0 || operations == 0 {
			p.fault(at, inf.ErrorLineNotFound, "[%s] needs condition=SingleOp,section and ConditionalOperations=section", name)
		}
		p.u.ExtendedConditional = append(p.u.ExtendedConditional, c)
	})
}

func (p *parser) operations(c *ExtendedConditional, section string, at inf.Line) {
	if p.missing(section, at) {
		return
	}
	for _, l := range p.lines(section) {
		key := strings.ToLower(l.Key)
		if key != "fileoperation" && key != "registryoperation" {
			p.unknownKey(section, l, "FileOperation, RegistryOperation")
			continue
		}
		for _, name := range l.Fields {
			fs, rs := p.install(name, l, key == "fileoperation", key == "registryoperation")
			c.Files, c.Registry = append(c.Files, fs...), append(c.Registry, rs...)
		}
	}
}

func (p *parser) directoryIDs() {
	p.each(dirConditions(), func(name string, at inf.Line) {
		d := DirectoryID{Name: name, Pos: at.Pos}
		for _, l := range p.lines(name) {
			switch strings.ToLower(l.Key) {
			case "dirid":
				d.ID = int(p.number(l, 0) & 0x7FFFFFFF)
			case "customfunction":
				d.CustomDLL, d.CustomFunc = l.Field(0), l.Field(1)
			case "installfromsection":
				d.InstallFrom = l.Field(0)
			case "copyflags":
				d.CopyFlags = p.copyFlags(l)
			default:
				p.unknownKey(name, l, "DirId, CustomFunction, InstallFromSection, CopyFlags")
			}
		}
		if d.ID == 0 || d.CustomDLL == "" || d.CustomFunc == "" {
			p.fault(at, inf.ErrorLineNotFound, "[%s] needs DirId=number and CustomFunction=dll,function", name)
		}
		d.Files, _ = p.install(d.InstallFrom, at, true, false)
		p.u.DirectoryIDs = append(p.u.DirectoryIDs, d)
	})
}
