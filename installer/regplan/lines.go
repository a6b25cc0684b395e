package regplan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
)

// Apply plans the lines of a registry section in order. resolve substitutes %dirid% in data. All faulty lines are
// reported together.
func (o *Overlay) Apply(g updateinf.RegistryGroup, resolve func(string) (string, error)) error {
	var faults []string
	for _, l := range g.Lines {
		if err := o.line(g.Kind, l, resolve); err != nil {
			faults = append(faults, fmt.Sprintf("line %d: %v", l.Pos.Line, err))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("section [%s]: %s", g.Section, strings.Join(faults, "; "))
	}
	return nil
}

func (o *Overlay) line(kind updateinf.RegKind, l updateinf.RegLine, resolve func(string) (string, error)) error {
	k, err := KeyOf(l)
	if err != nil {
		return err
	}
	switch kind {
	case updateinf.DelReg:
		return o.delReg(k, l)
	case updateinf.BitReg:
		return o.bitReg(k, l)
	}
	data := make([]string, len(l.Data))
	for i, d := range l.Data {
		if data[i], err = resolve(d); err != nil {
			return err
		}
	}
	l.Data = data
	return o.addReg(k, l)
}

// KeyOf is the key a line means. HKR has no meaning outside device installation and is refused.
func KeyOf(l updateinf.RegLine) (host.Key, error) {
	k := host.Key{Root: host.Root(strings.ToUpper(l.Root)), Path: strings.Trim(l.Key, `\`)}
	switch k.Root {
	case host.HKLM, host.HKCR, host.HKCU, host.HKU:
	default:
		return k, fmt.Errorf("registry root %q: write HKLM, HKCR, HKCU or HKU", l.Root)
	}
	if l.Flags&updateinf.FlgAddReg32BitKey != 0 {
		k.View = host.View32
	}
	return k, nil
}

// addReg follows the AddReg directive of the INF documentation.
func (o *Overlay) addReg(k host.Key, l updateinf.RegLine) error {
	f := l.Flags
	if f&updateinf.FlgAddRegDelVal != 0 {
		if l.HasName {
			return o.Delete(k, l.Name)
		}
		return o.DeleteKey(k)
	}
	if f&(updateinf.FlgAddRegKeyOnly|updateinf.FlgAddRegKeyOnlyCommon) != 0 || !l.HasName {
		return o.Create(k, false)
	}
	old, there, err := o.Get(k, l.Name)
	if err != nil {
		return err
	}
	if there && f&updateinf.FlgAddRegNoClobber != 0 || !there && f&updateinf.FlgAddRegOverwriteOnly != 0 {
		return nil
	}
	typ, data, err := l.Value()
	if err != nil {
		return err
	}
	v := host.Value{Type: typ, Data: data}
	if f&updateinf.FlgAddRegAppend != 0 && there {
		return o.Set(k, l.Name, appendTo(old, v))
	}
	return o.Set(k, l.Name, v)
}

// appendTo adds strings to a REG_MULTI_SZ that it does not hold yet (INF documentation, FLG_ADDREG_APPEND). For
// REG_EXPAND_SZ, which real packages write with the same flag, the text is concatenated; text that is contained already is
// not added again (OURS: otherwise each reinstallation would lengthen the value).
func appendTo(old, add host.Value) host.Value {
	switch {
	case old.Type == host.RegMultiSZ && add.Type == host.RegMultiSZ:
		list := multi(old)
		for _, s := range multi(add) {
			if !contains(list, s) {
				list = append(list, s)
			}
		}
		return host.Value{Type: host.RegMultiSZ, Data: multiData(list)}
	case old.Type == host.RegExpandSZ || old.Type == host.RegSZ:
		a, _ := Text(old)
		b, ok := Text(add)
		if !ok || strings.Contains(strings.ToLower(a), strings.ToLower(b)) {
			return old
		}
		return host.Value{Type: old.Type, Data: text(a + b)}
	}
	return add
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if strings.EqualFold(s, t) {
			return true
		}
	}
	return false
}

// delReg follows the DelReg directive: a value, one string of a REG_MULTI_SZ, or a key with all below it.
func (o *Overlay) delReg(k host.Key, l updateinf.RegLine) error {
	if !l.HasName || l.Flags&updateinf.FlgDelRegKeyOnlyCommon != 0 && l.Flags&updateinf.FlgDelRegMultiSZDelString != updateinf.FlgDelRegMultiSZDelString {
		return o.DeleteKey(k) // FLG_DELREG_KEYONLY_COMMON: the key, whatever value is named
	}
	if l.Flags&^updateinf.FlgAddReg32BitKey != updateinf.FlgDelRegMultiSZDelString {
		return o.Delete(k, l.Name)
	}
	old, there, err := o.Get(k, l.Name)
	if err != nil || !there || old.Type != host.RegMultiSZ {
		return err
	}
	var kept []string
	for _, s := range multi(old) {
		if !contains(l.Data, s) {
			kept = append(kept, s)
		}
	}
	return o.Set(k, l.Name, host.Value{Type: host.RegMultiSZ, Data: multiData(kept)})
}

// bitReg sets (flag 1) or clears (flag 0) the bits of a mask in one byte of an existing REG_BINARY or REG_DWORD value.
func (o *Overlay) bitReg(k host.Key, l updateinf.RegLine) error {
	if len(l.Data) != 2 {
		return fmt.Errorf("a BitReg line needs a mask and a byte index")
	}
	mask, err1 := number(l.Data[0])
	index, err2 := number(l.Data[1])
	if err1 != nil || err2 != nil || mask > 0xFF {
		return fmt.Errorf("mask %q, byte %q: write a mask of 8 bits and a byte index", l.Data[0], l.Data[1])
	}
	v, there, err := o.Get(k, l.Name)
	if err != nil || !there {
		return err
	}
	if v.Type != host.RegBinary && v.Type != host.RegDWORD || index >= uint64(len(v.Data)) {
		return nil
	}
	data := append([]byte(nil), v.Data...)
	if l.Flags&1 != 0 {
		data[index] |= byte(mask)
	} else {
		data[index] &^= byte(mask)
	}
	return o.Set(k, l.Name, host.Value{Type: v.Type, Data: data})
}

func number(s string) (uint64, error) { return strconv.ParseUint(strings.TrimSpace(s), 0, 64) }
