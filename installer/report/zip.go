package report

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// entry is one file of the report.
type entry struct{ name, text string }

// stored makes a zip file whose files are not compressed: package archive/zip would bring a compressor, 40 KiB in every
// package that anybody ships, for a file that one machine in a thousand writes. (PKWARE APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16.)
// Together the files must have less than 4 GiB. Times are UTC, to two seconds.
func stored(entries []entry, modified time.Time) []byte {
	le := binary.LittleEndian
	var out, directory []byte
	day, second := dosTime(modified.UTC())
	for _, e := range entries {
		// What the local header and the central directory share, from "version needed" to "extra field length".
		common := le.AppendUint16(nil, 20)
		common = le.AppendUint16(common, 1<<11) // names are UTF-8
		common = le.AppendUint16(common, 0)     // stored
		common = le.AppendUint16(common, second)
		common = le.AppendUint16(common, day)
		common = le.AppendUint32(common, crc32.ChecksumIEEE([]byte(e.text)))
		common = le.AppendUint32(common, uint32(len(e.text)))
		common = le.AppendUint32(common, uint32(len(e.text)))
		common = le.AppendUint16(common, uint16(len(e.name)))
		common = le.AppendUint16(common, 0)

		at := uint32(len(out))
		out = append(append(append(append(out, "PK\x03\x04"...), common...), e.name...), e.text...)
		directory = append(append(append(directory, "PK\x01\x02"...), 20, 0), common...)
		directory = append(directory, make([]byte, 10)...) // comment, disk, attributes
		directory = append(le.AppendUint32(directory, at), e.name...)
	}
	start, n := uint32(len(out)), uint16(len(entries))
	out = append(append(append(out, directory...), "PK\x05\x06"...), 0, 0, 0, 0)
	out = le.AppendUint16(le.AppendUint16(out, n), n)
	out = le.AppendUint32(le.AppendUint32(out, uint32(len(directory))), start)
	return append(out, 0, 0)
}

// dosTime is a date and a time as MS-DOS has them, which begins in 1980.
func dosTime(t time.Time) (day, second uint16) {
	year := min(max(t.Year(), 1980), 2107)
	return uint16(year-1980)<<9 | uint16(t.Month())<<5 | uint16(t.Day()),
		uint16(t.Hour())<<11 | uint16(t.Minute())<<5 | uint16(t.Second()/2)
}
