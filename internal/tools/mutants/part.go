package main

import "regexp"

// part is code that is mutated together.
type part struct {
	name string
	// folder is below the root of the repository. Its subfolders are included.
	folder string
	// exclude names files of the folder that are left out.
	exclude *regexp.Regexp
	// workers is how many mutants are tried at once. Tests of what waits much take more.
	workers int
}

var (
	generated = regexp.MustCompile(`\.gen\.go$`)
	// suite tests stores, and is tested by stores that are wrong.
	suite = regexp.MustCompile(`^storetest/`)
	// around is what the client has besides its outcomes, keys, retries and tokens.
	around = regexp.MustCompile(`\.gen\.go$|^(partnertest|testdata)/|^(alias|body|client|config|destination|` +
		`disclosure|doc|door|error|held|hook|operation|option|page|result|transport|value|version)\.go$`)
)

// parts are what decides about money, keys and who may come in.
var parts = []part{
	{"signing", "pkg/signing", generated, 3},
	{"card", "pkg/card", generated, 3},
	{"authentication", "pkg/authentication", generated, 4},
	{"server", "pkg/server", generated, 4},
	{"ledger", "pkg/sandbox/internal/ledger", generated, 3},
	{"webhook", "pkg/webhook", generated, 4},
	{"idempotency", "pkg/idempotency", suite, 3},
	{"partner", "pkg/partner", around, 5},
}
