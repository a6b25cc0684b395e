package sign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/sassoftware/relic/v7/lib/comdoc"
)

// compound checks a compound file ([MS-CFB]) before relic reads it, whose reader follows sector numbers and directory
// entries without looking whether they exist or go round in circles.
type compound struct {
	r       io.ReaderAt
	size    int64
	shift   uint
	sectors int64 // after the header
	head    comdoc.Header
	sat     []comdoc.SecID
	ssat    []comdoc.SecID
	dir     []comdoc.RawDirEnt
}

// Fixed values of the header ([MS-CFB] 2.2).
const (
	compoundHeader  = 512
	compoundEntry   = 128
	miniSectorShift = 6
	miniCutoff      = 4096
	satInHeader     = 109
)

// checkCompound wants a file in which every chain is finite and inside the file, every directory entry is reached once, and
// the streams together are not larger than the file.
func checkCompound(r io.ReaderAt, size int64) error {
	c := &compound{r: r, size: size}
	for _, step := range []func() error{c.header, c.readSAT, c.readMiniSAT, c.readDirectory, c.tree, c.streams} {
		if err := step(); err != nil {
			return fmt.Errorf("%w: compound file: %w", CheckFormat, err)
		}
	}
	return nil
}

func (c *compound) header() error {
	if c.size < compoundHeader {
		return errors.New("it is shorter than a header")
	}
	if err := binary.Read(io.NewSectionReader(c.r, 0, compoundHeader), binary.LittleEndian, &c.head); err != nil {
		return err
	}
	h := &c.head
	if h.ByteOrder != 0xfffe || (h.SectorSize != 9 && h.SectorSize != 12) || h.ShortSectorSize != miniSectorShift || h.MinStdStreamSize != miniCutoff {
		return errors.New("the header is damaged")
	}
	c.shift = uint(h.SectorSize)
	if c.size%(1<<c.shift) != 0 {
		return fmt.Errorf("%d bytes are no whole number of sectors; the file is cut off", c.size)
	}
	c.sectors = c.size>>c.shift - 1
	for what, n := range map[string]uint32{"sector table": h.SATSectors, "small sector table": h.SSATSectorCount} {
		if int64(n) > c.sectors {
			return fmt.Errorf("a %s of %d sectors in a file of %d", what, n, c.sectors)
		}
	}
	return nil
}

// sector reads one sector of numbers.
func (c *compound) sector(id comdoc.SecID) ([]comdoc.SecID, error) {
	if id < 0 || int64(id) >= c.sectors {
		return nil, fmt.Errorf("sector %d of %d", id, c.sectors)
	}
	list := make([]comdoc.SecID, 1<<c.shift/4)
	err := binary.Read(io.NewSectionReader(c.r, (int64(id)+1)<<c.shift, 1<<c.shift), binary.LittleEndian, list)
	return list, err
}

// readSAT collects the sector table by way of the list in the header and the chain that continues it.
func (c *compound) readSAT() error {
	ids := c.head.MSAT[:]
	steps := int64(0)
	for next := c.head.MSATNextSector; next >= 0; steps++ {
		list, err := c.sector(next)
		if err != nil {
			return err
		}
		if steps > c.sectors {
			return errors.New("the master sector table goes round in circles")
		}
		ids = append(ids[:len(ids):len(ids)], list[:len(list)-1]...)
		next = list[len(list)-1]
	}
	for _, id := range ids {
		if id < 0 {
			continue
		}
		list, err := c.sector(id)
		if err != nil {
			return err
		}
		if len(c.sat) >= int(c.head.SATSectors)*len(list) {
			return errors.New("the sector table has more sectors than the header says")
		}
		c.sat = append(c.sat, list...)
	}
	if len(c.sat) != int(c.head.SATSectors)<<c.shift/4 {
		return errors.New("the sector table has fewer sectors than the header says")
	}
	return inRange(c.sat, "sector table")
}

// inRange wants every link of a table to stay in it.
func inRange(table []comdoc.SecID, what string) error {
	for i, next := range table {
		if int(next) >= len(table) || next < comdoc.SecIDMSAT {
			return fmt.Errorf("the %s leads from %d to %d", what, i, next)
		}
	}
	return nil
}

// chain follows the sector table from a start to the end of the chain.
func (c *compound) chain(start comdoc.SecID, what string) ([]comdoc.SecID, error) {
	var ids []comdoc.SecID
	for id := start; id >= 0; id = c.sat[id] {
		if int(id) >= len(c.sat) || int64(id) >= c.sectors {
			return nil, fmt.Errorf("%s: sector %d does not exist", what, id)
		}
		if int64(len(ids)) >= c.sectors {
			return nil, fmt.Errorf("%s: its chain goes round in circles", what)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *compound) readMiniSAT() error {
	ids, err := c.chain(c.head.SSATNextSector, "small sector table")
	if err != nil {
		return err
	}
	if len(ids) != int(c.head.SSATSectorCount) {
		return fmt.Errorf("the small sector table has %d sectors, the header says %d", len(ids), c.head.SSATSectorCount)
	}
	for _, id := range ids {
		list, err := c.sector(id)
		if err != nil {
			return err
		}
		c.ssat = append(c.ssat, list...)
	}
	return inRange(c.ssat, "small sector table")
}

func (c *compound) readDirectory() error {
	ids, err := c.chain(c.head.DirNextSector, "directory")
	if err != nil {
		return err
	}
	entries := make([]comdoc.RawDirEnt, 1<<c.shift/compoundEntry)
	for _, id := range ids {
		if err := binary.Read(io.NewSectionReader(c.r, (int64(id)+1)<<c.shift, 1<<c.shift), binary.LittleEndian, entries); err != nil {
			return err
		}
		c.dir = append(c.dir, entries...)
	}
	if len(c.dir) == 0 || c.dir[0].Type != comdoc.DirRoot {
		return errors.New("the directory does not begin with the root storage")
	}
	for _, e := range c.dir[1:] {
		if e.Type == comdoc.DirRoot {
			return errors.New("it has two root storages")
		}
	}
	return nil
}

// tree visits every entry; one that is reached twice would be a circle.
func (c *compound) tree() error {
	if c.dir[0].StorageRoot < 0 {
		return errors.New("the root storage is empty")
	}
	seen := make([]bool, len(c.dir))
	stack := []int32{0}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i == -1 {
			continue
		}
		if i < 0 || int(i) >= len(c.dir) || seen[i] {
			return fmt.Errorf("directory entry %d does not exist or is reached twice", i)
		}
		seen[i] = true
		e := &c.dir[i]
		if e.NameLength > 64 {
			return fmt.Errorf("directory entry %d has a name of %d bytes", i, e.NameLength)
		}
		stack = append(stack, e.LeftChild, e.RightChild)
		if e.Type == comdoc.DirStorage || e.Type == comdoc.DirRoot {
			stack = append(stack, e.StorageRoot)
		}
	}
	return nil
}

// streams checks where the data are. Small streams live in the root storage's own stream.
func (c *compound) streams() error {
	root, err := c.chain(c.dir[0].NextSector, "root storage")
	if err != nil {
		return err
	}
	small := int64(len(root)) << c.shift >> miniSectorShift
	total := int64(0)
	for i, e := range c.dir {
		if e.Type != comdoc.DirStream || e.StreamSize == 0 {
			continue
		}
		if total += int64(e.StreamSize); total > c.size {
			return errors.New("the streams are larger than the file")
		}
		table, limit, unit := c.sat, c.sectors, int64(1)<<c.shift
		if e.StreamSize < miniCutoff {
			table, limit, unit = c.ssat, small, 1<<miniSectorShift
		}
		id := e.NextSector
		for left := int64(e.StreamSize); left > 0; left -= unit {
			if id < 0 || int(id) >= len(table) || int64(id) >= limit {
				return fmt.Errorf("directory entry %d: its data end before its size, or lie outside of the file", i)
			}
			id = table[id]
		}
	}
	return nil
}
