package authentication

import (
	"slices"
	"sync"
)

const (
	// maxRecent is how many keys are kept of a caller, and maxCallers of how many callers.
	maxRecent  = 16
	maxCallers = 256
)

// recentKeys are the idempotency keys of each caller's last requests, for development.
type recentKeys struct {
	mu       sync.Mutex
	byCaller map[string][]string // the latest last
}

// swap returns the keys of earlier requests, and adds that of this one.
func (k *recentKeys) swap(caller, key string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	earlier := k.byCaller[caller]
	if slices.Contains(earlier, key) {
		return earlier
	}
	if k.byCaller == nil || earlier == nil && len(k.byCaller) >= maxCallers {
		k.byCaller = map[string][]string{} // Forgetting all is good enough: it costs a diagnosis, nothing else.
	}
	// A new list, since others may be reading the old one.
	kept := earlier[max(0, len(earlier)+1-maxRecent):]
	k.byCaller[caller] = append(slices.Clone(kept), key)
	return earlier
}
