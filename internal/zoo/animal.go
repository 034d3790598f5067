package zoo

import (
	"fmt"
	"net/http"
	"slices"

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

// All returns the broken servers, in the order of their files. It panics if two have the same name.
func All() []Animal {
	all := slices.Concat(answers, inputs, credentials, repeats, methods, lifecycle, moneys, paginations, posts,
		strangers, injected)
	names := map[string]bool{}
	for _, a := range all {
		if names[a.Name] {
			panic(fmt.Sprintf("zoo: there are two of %q", a.Name))
		}
		names[a.Name] = true
	}
	return all
}
