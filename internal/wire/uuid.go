package wire

// ParseUUID reads a UUID in its one canonical spelling: 36 characters, with letters of either case. Braces, the urn:
// prefix and the spelling without hyphens are refused. The Nil UUID is one; whoever needs a name checks for it.
func ParseUUID[T ~string | ~[]byte](text T) (id [16]byte, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	for i, at := range digitsAt {
		high, low := hexDigits[text[at]], hexDigits[text[at+1]]
		if (high|low)&^0xf != 0 {
			return [16]byte{}, false
		}
		id[i] = high<<4 | low
	}
	return id, true
}

// digitsAt is where the two digits of each byte stand.
var digitsAt = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// hexDigits has the value of each hexadecimal digit, and more than 15 for everything else.
var hexDigits = func() (table [256]byte) {
	for i := range table {
		table[i] = 0xff
	}
	for i := range byte(10) {
		table['0'+i] = i
	}
	for i := range byte(6) {
		table['a'+i], table['A'+i] = i+10, i+10
	}
	return table
}()
