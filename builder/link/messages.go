package link

import (
	"encoding/binary"
	"unicode/utf16"
)

// Messages are the event ids of the message table, ascending: 4371 and 4382 for service packs installed and removed, 4374 for
// an installation that left a mix (documented), 4373 and 4377 for a failed and an installed update (reported). Each message
// is the first insertion string alone: the writer of an event gives the whole text.
func Messages() []uint32 { return []uint32{4371, 4373, 4374, 4377, 4382} }

// messageTable is a MESSAGE_RESOURCE_DATA with one block for each id.
func messageTable(ids []uint32) []byte {
	le := binary.LittleEndian
	var entry []byte
	for _, u := range utf16.Encode([]rune("%1\r\n\x00")) {
		entry = le.AppendUint16(entry, u)
	}
	for len(entry)%4 != 0 {
		entry = append(entry, 0)
	}
	size := 4 + len(entry)
	b := le.AppendUint32(nil, uint32(len(ids)))
	for i, id := range ids {
		b = le.AppendUint32(b, id) // low
		b = le.AppendUint32(b, id) // high
		b = le.AppendUint32(b, uint32(4+12*len(ids)+i*size))
	}
	for range ids {
		b = le.AppendUint16(b, uint16(size))
		b = le.AppendUint16(b, 1) // Unicode
		b = append(b, entry...)
	}
	return b
}
