package wire

// ParseUUID reads a UUID in its one canonical spelling: 36 characters, with letters of either case. Braces, the urn:
// prefix and the spelling without hyphens are refused. The Nil UUID is one; whoever needs a name checks for it.
func ParseUUID[T ~string | ~[]byte](text T) (id [16]byte, ok bool) {
	if len(text) != 36 {
		return id, false
	}
	n := 0
	for i := 0; i < len(text); i++ {
		switch i {
		case 8, 13, 18, 23:
			if text[i] != '-' {
				return [16]byte{}, false
			}
			continue
		}
		digit := hexDigits[text[i]]
		if digit == 0 {
			return [16]byte{}, false
		}
		id[n/2] = id[n/2]<<4 | (digit - 1)
		n++
	}
	return id, true
}

// hexDigits has the value of each hexadecimal digit, plus one.
var hexDigits = func() (table [256]byte) {
	for i := range byte(10) {
		table['0'+i] = i + 1
	}
	for i := range byte(6) {
		table['a'+i], table['A'+i] = i+11, i+11
	}
	return table
}()
