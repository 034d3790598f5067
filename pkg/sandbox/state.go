package sandbox

import (
	"encoding/hex"
	"time"
)

// State is what a sandbox is at a moment.
type State struct {
	// Hash is the StateHash, in hexadecimal.
	Hash string `json:"hash"`
	// Time is what the clock shows, and Frozen says that it stands still.
	Time   time.Time `json:"time"`
	Frozen bool      `json:"frozen"`
	Seed   uint64    `json:"seed"`
	// Records is how many there are of each kind.
	Records map[string]int `json:"records"`
}

// State returns what the sandbox is. It fails as StateHash does.
func (s *Sandbox) State() (State, error) {
	hash, err := s.bank.Hash()
	if err != nil {
		return State{}, err
	}
	return State{Hash: hex.EncodeToString(hash[:]), Time: s.bank.Time(), Frozen: s.bank.Frozen(), Seed: s.bank.Seed(),
		Records: s.bank.Count()}, nil
}

// Check adds everything up again, as Verify does, which takes the longer the more there is. It fails with all that is
// wrong.
func (s *Sandbox) Check() error { return s.bank.Check() }
