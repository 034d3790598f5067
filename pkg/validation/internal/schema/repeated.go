package schema

import (
	"hash/maphash"
	"slices"
)

// few is how many members are compared with each other one by one.
const few = 8

// seed keeps senders from choosing names whose hashes collide.
var seed = maphash.MakeSeed()

// isNew reports whether an unknown member is new to its object, whose others are those since from. When there are many,
// areDistinct finds out.
func isNew(c *Checker, from int, name []byte) bool {
	hash := maphash.Bytes(seed, name)
	if others := c.unknown[from:]; len(others) < few && slices.Contains(others, hash) {
		return false
	}
	c.unknown = append(c.unknown, hash)
	return true
}

// areDistinct reports whether no two of many unknown members have the same hash. Names with 64 bits of keyed hash in
// common are taken for the same: a sender cannot aim at a collision, and chance does not find one.
func areDistinct(c *Checker, from int) bool {
	members := c.unknown[from:]
	if len(members) <= few {
		return true
	}
	slices.Sort(members)
	for i := 1; i < len(members); i++ {
		if members[i] == members[i-1] {
			return false
		}
	}
	return true
}
