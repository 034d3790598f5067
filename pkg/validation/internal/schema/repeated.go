package schema

import (
	"hash/maphash"
	"slices"
)

// few is how many members are compared with each other one by one.
const few = 8

// seed keeps senders from choosing names whose hashes collide.
var seed = maphash.MakeSeed()

// isUnheard reports whether an unknown member is new to its object, whose others are those since from. When there are
// many, their hashes tell in the end.
func isUnheard(c *Checker, from int, name []byte) bool {
	hash := maphash.Bytes(seed, name)
	if others := c.unknown[from:]; len(others) < few && slices.Contains(others, hash) {
		return false
	}
	c.unknown = append(c.unknown, hash)
	return true
}

// repeatedHash returns a hash that is there twice, if there is one, and puts them in order. Names with 64 bits of keyed
// hash in common are taken for the same: a sender cannot aim at a collision, and chance does not find one.
func repeatedHash(hashes []uint64) (hash uint64, found bool) {
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			return hashes[i], true
		}
	}
	return 0, false
}

// repeatedName returns where in the object at i, which is well-formed, the second name with a hash stands.
func repeatedName(c *Checker, i int, hash uint64) (from, to int) {
	seen := false
	for i = c.space(i + 1); c.at(i) == '"'; {
		end := c.quote(i + 1)
		c.name = appendUnescaped(c.name[:0], c.data[i+1:end])
		if maphash.Bytes(seed, c.name) == hash {
			if seen {
				return i + 1, end
			}
			seen = true
		}
		if i = c.space(c.past(c.space(c.space(end+1) + 1))); c.at(i) == ',' {
			i = c.space(i + 1)
		}
	}
	return i, i
}
