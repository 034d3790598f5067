package generator

import (
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// Contract is a document that packages are made of. It is safe for concurrent use.
type Contract struct {
	document document
	base     codegen.Configuration
}

// Open reads a document, with overlays applied one after the other, and the base configuration. Errors name the file,
// and the line where that is known; all mistakes of all overlays are in one.
func Open(document, base File, overlays ...File) (*Contract, error) {
	return open(document, base, false, overlays)
}

// OpenEarlier is Open for an earlier version of a document, which may lack what the overlays change.
func OpenEarlier(document, base File, overlays ...File) (*Contract, error) {
	return open(document, base, true, overlays)
}

func open(document, base File, lenient bool, overlays []File) (*Contract, error) {
	configuration, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	read, err := newDocument(document, lenient, overlays...)
	if err != nil {
		return nil, err
	}
	c := &Contract{read, configuration}
	ids := map[string]bool{}
	for _, o := range c.Operations() {
		switch {
		case o.ID == "":
			return nil, &Problem{File: document.Name, Text: o.Method + " " + o.Path + " has no operationId"}
		case ids[o.ID]:
			return nil, &Problem{File: document.Name, Text: "two operations are called " + o.ID}
		}
		ids[o.ID] = true
	}
	return c, nil
}
