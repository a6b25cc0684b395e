package lzx

import "slices"

// huffman finds code lengths of at most maxLen bits for the counts; lens gets 0 for an unused symbol. A code of one symbol gets
// a second one, so that the code is complete. Equal counts are ordered by symbol: the result depends on the counts alone.
func huffman(counts []uint32, maxLen int, lens []uint8) {
	var keys [maxMain]uint64
	var scaled [maxMain]uint32
	copy(scaled[:], counts)
	clear(lens)
	for {
		n := 0
		for s, c := range scaled[:len(counts)] {
			if c > 0 {
				keys[n] = uint64(c)<<16 | uint64(s)
				n++
			}
		}
		switch n {
		case 0:
			return
		case 1:
			s := int(keys[0] & 0xFFFF)
			other := 0
			if s == 0 {
				other = 1
			}
			lens[s], lens[other] = 1, 1
			return
		}
		slices.Sort(keys[:n])
		if depths(keys[:n], maxLen, lens) {
			return
		}
		// Flatter counts give a shallower tree.
		for i, c := range scaled[:len(counts)] {
			if c > 0 {
				scaled[i] = c/2 + 1
			}
		}
	}
}

// depths builds the Huffman tree of the sorted keys (count<<16 | symbol) by two queues. It reports false if a leaf is deeper
// than maxLen.
func depths(keys []uint64, maxLen int, lens []uint8) bool {
	n := len(keys)
	var weight [2*maxMain - 1]uint64
	var parent [2*maxMain - 1]int16
	for i, k := range keys {
		weight[i] = k >> 16
	}
	i, j := 0, n
	for k := n; k < 2*n-1; k++ {
		w := uint64(0)
		for range 2 {
			if i < n && (j >= k || weight[i] <= weight[j]) {
				w += weight[i]
				parent[i] = int16(k)
				i++
			} else {
				w += weight[j]
				parent[j] = int16(k)
				j++
			}
		}
		weight[k] = w
	}
	var depth [2*maxMain - 1]uint8
	for k := 2*n - 3; k >= 0; k-- {
		depth[k] = depth[parent[k]] + 1
		if k < n && int(depth[k]) > maxLen {
			return false
		}
	}
	for k, key := range keys {
		lens[key&0xFFFF] = depth[k]
	}
	return true
}

// canonical assigns the codes of the lengths.
func canonical(lens []uint8, codes []uint16) {
	var count, next [maxCodeLen + 2]int
	for _, l := range lens {
		count[l]++
	}
	count[0] = 0
	for l := 1; l <= maxCodeLen; l++ {
		next[l] = (next[l-1] + count[l-1]) << 1
	}
	for i, l := range lens {
		if l > 0 {
			codes[i] = uint16(next[l])
			next[l]++
		}
	}
}
