package ownership

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/winpath"
)

var roots = spuninst.Roots{SystemRoot: `C:\WINDOWS`, SystemDrive: "C:"}

const (
	portableFile = `SystemRoot\system32\a.dll`
	file         = `C:\WINDOWS\system32\a.dll`
)

// disk is what a machine holds, by path: contents are versions, 0 for a file that is not there.
type disk map[string]int

// bed is a machine in a test: the file under test, and the backups.
type bed struct {
	t       *testing.T
	disk    disk
	removal map[string]*spuninst.Removal
	owners  []Owner
	base    int
	order   []string // of installation
	version map[string]int
	names   int
}

func dirOf(kb string) string { return `C:\WINDOWS\$NtUninstall` + kb + `$` }

func (b *bed) ledger() *Ledger {
	l := &Ledger{Roots: roots}
	l.Move = func(from string, o *Owner, base string) (string, error) {
		b.names++
		name := fmt.Sprintf("%s.%d", base, b.names)
		if v, ok := strings.CutPrefix(from, "pkg:"); ok {
			n := 0
			fmt.Sscan(v, &n)
			b.disk[winpath.Join(o.Dir, name)] = n
		} else {
			n, ok := b.disk[from]
			if !ok {
				b.t.Fatalf("the backup %s is not there", from)
			}
			b.disk[winpath.Join(o.Dir, name)] = n
		}
		return name, nil
	}
	for i := range b.owners {
		o := b.owners[i]
		l.Add(&o, b.removal[o.KB])
	}
	return l
}

func (b *bed) keep(l *Ledger) {
	for _, o := range l.Changed() {
		b.removal[o.KB] = o.Removal()
	}
	for _, p := range l.Obsolete {
		delete(b.disk, p)
	}
}

// install follows the version rule, as installer does.
func (b *bed) install(kb string, version int) {
	l := b.ledger()
	me := &Owner{KB: kb, Sequence: l.NextSequence(), Dir: dirOf(kb)}
	rem := &spuninst.Removal{KB: kb}
	push := func() {
		if b.disk[file] == 0 {
			rem.Delete = []spuninst.DeleteFile{{Target: portableFile}}
		} else {
			rem.Restore = []spuninst.RestoreFile{{Target: portableFile, Backup: "a.dll"}}
			b.disk[winpath.Join(me.Dir, "a.dll")] = b.disk[file]
		}
	}
	switch {
	case b.disk[file] < version:
		push()
		b.disk[file] = version
	case b.disk[file] == version:
		if l.OwnsFile(file) {
			push()
		}
	default:
		ins, err := l.InsertFile(file, me, fmt.Sprintf("pkg:%d", version), "", func(ly Layer) (bool, bool) {
			found := 0
			if !ly.Absent {
				found = b.disk[ly.Backup]
			}
			return found > version, found == version
		})
		if err != nil {
			b.t.Fatal(err)
		}
		if ins.Needed && ins.Absent {
			rem.Delete = []spuninst.DeleteFile{{Target: portableFile}}
		} else if ins.Needed {
			rem.Restore = []spuninst.RestoreFile{{Target: portableFile, Backup: ins.Backup}}
		}
	}
	b.keep(l)
	b.removal[kb], b.version[kb] = rem, version
	b.owners = append(b.owners, *me)
	b.order = append(b.order, kb)
}

func (b *bed) remove(kb string) {
	l := b.ledger()
	var me *Owner
	for _, o := range l.Owners() {
		if o.KB == kb {
			me = o
		}
	}
	if err := l.TakeOut(me); err != nil {
		b.t.Fatal(err)
	}
	rem := me.Removal()
	for _, f := range rem.Restore {
		b.disk[file] = b.disk[winpath.Join(me.Dir, f.Backup)]
	}
	if len(rem.Delete) > 0 {
		b.disk[file] = 0
	}
	l.Drop(me)
	b.keep(l)
	delete(b.removal, kb)
	b.owners = slices.DeleteFunc(b.owners, func(o Owner) bool { return o.KB == kb })
	b.order = slices.DeleteFunc(b.order, func(o string) bool { return o == kb })
	for p := range b.disk {
		if winpath.Under(p, dirOf(kb)) {
			delete(b.disk, p)
		}
	}
}

// want is the newest of what remains.
func (b *bed) want() int {
	top := b.base
	for _, kb := range b.order {
		top = max(top, b.version[kb])
	}
	return top
}

// Whatever comes and goes, in whatever order: the machine holds the newest version of what remains, and in the end what it
// held first, with no backup left over.
func TestNewestOfWhatRemains(t *testing.T) {
	for seed := range 300 {
		rng := rand.New(rand.NewSource(int64(seed)))
		b := &bed{t: t, disk: disk{}, removal: map[string]*spuninst.Removal{}, version: map[string]int{}, base: 3 * rng.Intn(2)}
		b.disk[file] = b.base
		var log []string
		check := func() {
			t.Helper()
			if b.disk[file] != b.want() {
				t.Fatalf("seed %d: the machine holds %d, not %d\n%s", seed, b.disk[file], b.want(), strings.Join(log, "\n"))
			}
		}
		for i := range 60 {
			if len(b.order) > 0 && rng.Intn(2) == 0 {
				kb := b.order[rng.Intn(len(b.order))]
				log = append(log, "remove "+kb)
				b.remove(kb)
			} else {
				kb := fmt.Sprintf("KB%d", i)
				v := 1 + rng.Intn(9)
				log = append(log, fmt.Sprintf("install %s %d", kb, v))
				b.install(kb, v)
			}
			check()
		}
		for len(b.order) > 0 {
			b.remove(b.order[rng.Intn(len(b.order))])
			check()
		}
		delete(b.disk, file)
		if len(b.disk) > 0 {
			t.Fatalf("seed %d: backups are left: %v", seed, b.disk)
		}
	}
}

// two is an older update A and a newer one B.
func two(a, b *spuninst.Removal) (*Ledger, *Owner, *Owner) {
	l := &Ledger{Roots: roots, Move: func(from string, o *Owner, base string) (string, error) { return base + ".moved", nil }}
	oa, ob := &Owner{KB: "A", Sequence: 1, Dir: dirOf("A")}, &Owner{KB: "B", Sequence: 2, Dir: dirOf("B")}
	l.Add(oa, a)
	l.Add(ob, b)
	return l, oa, ob
}

func takeOut(t *testing.T, a, b *spuninst.Removal) (left, above *spuninst.Removal) {
	t.Helper()
	l, oa, ob := two(a, b)
	if err := l.TakeOut(oa); err != nil {
		t.Fatal(err)
	}
	return oa.Removal(), ob.Removal()
}

func TestValuesGoToTheUpdateAbove(t *testing.T) {
	v := func(name string) spuninst.RegValueRef {
		return spuninst.RegValueRef{Root: "HKLM", Key: "K", Name: name}
	}
	r := func(name string, data byte) spuninst.RegRestore {
		return spuninst.RegRestore{Root: "HKLM", Key: "K", Name: name, Type: 4, Data: []byte{data}}
	}
	left, above := takeOut(t,
		&spuninst.Removal{DeleteValues: []spuninst.RegValueRef{v("Made"), v("Alone")}, RestoreValues: []spuninst.RegRestore{r("Changed", 1)}},
		&spuninst.Removal{DeleteValues: []spuninst.RegValueRef{v("changed")}, RestoreValues: []spuninst.RegRestore{r("made", 2)}})
	if len(left.DeleteValues) != 1 || left.DeleteValues[0].Name != "Alone" || left.RestoreValues != nil {
		t.Errorf("left: %+v", left)
	}
	if len(above.RestoreValues) != 1 || above.RestoreValues[0].Data[0] != 1 || len(above.DeleteValues) != 1 || above.DeleteValues[0].Name != "Made" {
		t.Errorf("above: %+v", above)
	}
}

func TestKeysAndDirectoriesGoWithTheLastUser(t *testing.T) {
	k := func(path string) spuninst.RegKeyRef { return spuninst.RegKeyRef{Root: "HKLM", Key: path} }
	left, above := takeOut(t,
		&spuninst.Removal{DeleteKeys: []spuninst.RegKeyRef{k(`S\K\Mine`), k(`S\K`)}, RestoreKeys: []spuninst.RegKeyRef{k("Gone")},
			RemoveDirs: []string{`SystemRoot\app\deep`, `SystemRoot\app`}},
		&spuninst.Removal{DeleteKeys: []spuninst.RegKeyRef{k("Gone")}, DeleteValues: []spuninst.RegValueRef{{Root: "HKLM", Key: `S\K\Theirs`, Name: "x"}},
			Delete: []spuninst.DeleteFile{{Target: `SystemRoot\app\b.dll`}}})
	if len(left.DeleteKeys) != 1 || left.DeleteKeys[0].Key != `S\K\Mine` || left.RestoreKeys != nil || !slices.Equal(left.RemoveDirs, []string{`SystemRoot\app\deep`}) {
		t.Errorf("left: %+v", left)
	}
	if len(above.DeleteKeys) != 1 || above.DeleteKeys[0].Key != `S\K` || !slices.Equal(above.RemoveDirs, []string{`SystemRoot\app`}) {
		t.Errorf("above: %+v", above)
	}
}

func TestCatalogsAndDLLs(t *testing.T) {
	left, above := takeOut(t,
		&spuninst.Removal{CatalogsRestore: []spuninst.CatalogRestore{{Name: "x.cat", Backup: "x.cat"}}, UnregisterDLLs: []string{portableFile},
			Delete: []spuninst.DeleteFile{{Target: portableFile}}},
		&spuninst.Removal{CatalogsDelete: []string{"X.cat"}, RegisterDLLs: []string{portableFile},
			Restore: []spuninst.RestoreFile{{Target: portableFile, Backup: "a.dll"}}})
	if left.CatalogsRestore != nil || left.UnregisterDLLs != nil || left.Delete != nil {
		t.Errorf("left: %+v", left)
	}
	if len(above.CatalogsRestore) != 1 || above.CatalogsRestore[0].Backup != "x.cat.moved" || above.CatalogsDelete != nil ||
		!slices.Equal(above.UnregisterDLLs, []string{portableFile}) || above.RegisterDLLs != nil || len(above.Delete) != 1 || above.Restore != nil {
		t.Errorf("above: %+v", above)
	}
}

// An update that cannot be removed hides what lies below it for ever.
func TestFinalLayer(t *testing.T) {
	l := &Ledger{Roots: roots}
	a := &Owner{KB: "A", Sequence: 1, Dir: dirOf("A")}
	l.Add(a, &spuninst.Removal{Restore: []spuninst.RestoreFile{{Target: portableFile, Backup: "a.dll"}}})
	l.Add(&Owner{KB: "B", Sequence: 2, Listed: []string{file}}, nil)
	if got := l.Above(a); len(got) != 1 || got[0].KB != "B" {
		t.Errorf("above A: %v", got)
	}
	if err := l.TakeOut(a); err != nil {
		t.Fatal(err)
	}
	if r := a.Removal(); r.Restore != nil || len(l.Obsolete) != 1 {
		t.Errorf("%+v, %v", r, l.Obsolete)
	}
}

func TestRecordsAreCopies(t *testing.T) {
	given := &spuninst.Removal{RemoveDirs: []string{`SystemRoot\app`}, Delete: []spuninst.DeleteFile{{Target: `SystemRoot\app\a.dll`}}}
	before := fmt.Sprintf("%+v", *given)
	takeOut(t, given, &spuninst.Removal{Delete: []spuninst.DeleteFile{{Target: `SystemRoot\app\a.dll`}}})
	if after := fmt.Sprintf("%+v", *given); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
