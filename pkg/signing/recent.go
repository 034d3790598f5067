package signing

import (
	"slices"
	"sync"
)

const (
	// maxRecent is how many keys of a partner are kept, and maxPartners of how many partners.
	maxRecent   = 16
	maxPartners = 256
)

// recentKeys are the idempotency keys of each partner's last requests, for development.
type recentKeys struct {
	mu        sync.Mutex
	byPartner map[string][]string // the latest last
}

// swap returns the keys of earlier requests, and adds that of this one.
func (k *recentKeys) swap(partner, key string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	earlier := k.byPartner[partner]
	if slices.Contains(earlier, key) {
		return earlier
	}
	if k.byPartner == nil || earlier == nil && len(k.byPartner) >= maxPartners {
		k.byPartner = map[string][]string{} // Forgetting all is good enough: it costs a diagnosis, nothing else.
	}
	// A new list, since others may be reading the old one.
	kept := earlier[max(0, len(earlier)+1-maxRecent):]
	k.byPartner[partner] = append(slices.Clone(kept), key)
	return earlier
}
