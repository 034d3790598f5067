package zoo

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// An Animal is a server with one fault.
type Animal struct {
	// Name is short, with dashes.
	Name string
	// Fault says in a sentence what is wrong.
	Fault string
	// Checks are the codes of which one names the cause.
	Checks []string
	// Operations are the ids of those that the fault touches. A finding has to be about one of them, unless there are
	// none: then the fault is in all of them.
	Operations []string
	// Area is what the fault is about. All says it.
	Area string
	// MaxResponseTime is how long an answer may take, if that is what is looked at.
	MaxResponseTime time.Duration
	// Place, if it is not empty, is in the place or in the rule of the finding.
	Place string
	// Two says that the fault is between two callers: the Handler of the Bank that is broken has to be *Partners.
	Two bool
	// Break puts the fault in front of a right server.
	Break func(Bank) http.Handler
}

// A Bank is a server that is right, with what is needed to change requests to it unnoticed.
type Bank struct {
	http.Handler
	SigningSecret signing.Secret
}

// areas are the broken servers by what is broken of them, in the order of the files.
func areas() []area {
	return []area{
		{"what an answer says", answers},
		{"headers of an answer", headers},
		{"how long an answer takes", slows},
		{"what a request may be", slices.Concat(inputs, exemplary)},
		{"tokens and signatures", credentials},
		{"repeats and races under a key", repeats},
		{"methods and paths", methods},
		{"what becomes of a thing", lifecycle},
		{"money", moneys},
		{"pages, filters and orders", paginations},
		{"events", posts},
		{"who another caller is", strangers},
		{"texts that become commands", injected},
		{"faults of other servers", elsewhere},
		{"faults from the field", fromTheField},
		{"faults of a third look", wild},
	}
}

type area struct {
	name    string
	animals []Animal
}

// All returns the broken servers, in the order of their files. It panics if two have the same name.
func All() []Animal {
	var all []Animal
	names := map[string]bool{}
	for _, area := range areas() {
		for _, a := range area.animals {
			if names[a.Name] {
				panic(fmt.Sprintf("zoo: there are two of %q", a.Name))
			}
			names[a.Name], a.Area = true, area.name
			all = append(all, a)
		}
	}
	return all
}
