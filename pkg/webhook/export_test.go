package webhook

import (
	"maps"
	"slices"
)

// Reasons are all there are.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }

// NewRefusal is what Config.Refuse gets for a reason.
func NewRefusal(reason Reason) Refusal { return newRefusal(reason) }

// Patience is how long a delivery waits for a slot.
const Patience = patience
