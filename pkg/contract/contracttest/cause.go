package contracttest

import (
	"slices"
	"strings"
)

// Two operations that answer 500 have two faults, and whoever mends one wants to know of the other. Two that let a
// wrong signature through have one, as both ask the same code. So what a server does before it knows which operation is
// called, and how it writes errors, is one cause for all of them. Of the rest, each operation has a cause of its own,
// but for those of which a judge cannot say which one it is.

// isOfServer says that a failure of the check has one cause, whichever operations have it.
func (c Check) isOfServer() bool {
	switch c.Code {
	case codeNotRecognized, codeAnonymousRead, codeAnonymousWrite, codeStackTrace, codeHidden, codeSecondEffect,
		codeKeyReused, codeReplay, codeRace, codeBlockedKey, codeSignature, codeOracle, codeEcho, codeStrictJSON,
		codeDigits, codeHeaders, codeMissingHeader, codeMethod, codeAllow:
		return true
	}
	return false
}

// causes tell which operations have one cause, of failures that are alike in all else.
type causes struct {
	// shared are those of the server, and leads are operations by one that they have the cause with.
	shared map[string]bool
	leads  map[[2]string]string
}

// kind is what failures of one cause have in common.
func (f failure) kind() string { return strings.Join([]string{f.code, f.place, f.rule}, "|") }

// saw notes what a failure says of its cause.
func (c *causes) saw(f failure) {
	if c.shared == nil {
		c.shared, c.leads = map[string]bool{}, map[[2]string]string{}
	}
	if f.shared || checkByCode(f.code).isOfServer() || strings.HasPrefix(f.place, "header ") {
		c.shared[f.key()] = true
	}
	for _, other := range f.with {
		one, another := c.lead(f.kind(), f.operation), c.lead(f.kind(), other)
		if one != another {
			c.leads[[2]string{f.kind(), max(one, another)}] = min(one, another)
		}
	}
}

// lead is the operation that stands for all that have a cause with one.
func (c *causes) lead(kind, operation string) string {
	for {
		next, has := c.leads[[2]string{kind, operation}]
		if !has {
			return operation
		}
		operation = next
	}
}

// of tells the cause of a finding from all others.
func (c *causes) of(f *Finding) string {
	kind := failure{code: f.Check.Code, place: f.Place, rule: f.Rule}.kind()
	if c.shared[f.key] {
		return kind
	}
	return kind + "|" + c.lead(kind, f.Operation)
}

// join puts a finding of the same cause to another. The shortest way shows it best, and what is said is of that way.
func (f *Finding) join(other *Finding) {
	f.Operations = append(f.Operations, other.Operations...)
	slices.Sort(f.Operations)
	f.Operations = slices.Compact(f.Operations)
	f.Count += other.Count
	if len(other.Steps) < len(f.Steps) {
		f.Steps, f.Operation, f.key = other.Steps, other.Operation, other.key
		f.Expected, f.Got, f.Source, f.Evidence = other.Expected, other.Got, other.Source, other.Evidence
	}
}
