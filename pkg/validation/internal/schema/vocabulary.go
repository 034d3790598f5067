package schema

import "sync"

// vocabulary is what faults may say.
type vocabulary struct {
	// names are those of all members in the contract.
	names   map[string]bool
	formats map[string]Format
	// reveal says that faults may mention names that the contract does not have, and where a text is broken.
	reveal bool
	// said has the descriptions that were asked for so far. There are no more than the contract has keywords.
	said sync.Map
}

// maxRevealed bounds the names of a sender's that are shown.
const maxRevealed = 64

// spell returns a name if the contract has it. Any other was chosen by the sender, and becomes * unless it may be
// revealed.
func (v *vocabulary) spell(name string) string {
	switch {
	case v.names[name]:
		return name
	case !v.reveal:
		return "*"
	case len(name) > maxRevealed:
		return name[:maxRevealed] + "…"
	}
	return name
}
