package project

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// wrong puts an error of the generator where what causes it stands: a name, an action of an overlay, or else the
// package.
func (l *plan) wrong(o *planned, err error) error {
	same := func(other error) bool { return other != nil && other.Error() == err.Error() }
	p := &problems{file: l.configuration.File}
	of := slices.Sorted(maps.Keys(o.Names))
	first := sort.Search(len(of)+1, func(most int) bool {
		names := map[string]string{}
		for _, one := range of[:most] {
			names[one] = o.Names[one]
		}
		_, other := l.remake(o, o.contract, names)
		return same(other)
	})
	if 0 < first && first <= len(of) {
		p.add(o.at[element("names", of[first-1])], "names: package %s: %v", o.Package, err)
		return p.err()
	}
	at := l.tool.blame(l.configuration, o.Output, func(c *generator.Contract, other error) bool {
		if other == nil {
			_, other = l.remake(o, c, o.Names)
		}
		return same(other)
	})
	if at != nil {
		at.Text = fmt.Sprintf("with this action package %s cannot be made: %v", o.Package, err)
		return at
	}
	p.add(o.at["package"], "package %s: %v", o.Package, err)
	return p.err()
}

// remake makes a package of another contract, and with other names, and those that it uses as well. Operations that
// the contract does not have are left out.
func (l *plan) remake(o *planned, contract *generator.Contract, names map[string]string) (*generator.Made, error) {
	known := map[string]bool{}
	for _, one := range contract.Operations() {
		known[one.ID] = true
	}
	var uses []*generator.Made
	for used := l.used(o); used != nil; used = l.used(used) {
		one, err := l.remake(used, contract, names)
		if err != nil {
			return nil, err
		}
		uses = append(uses, one)
	}
	p := l.packageOf(o)
	p.Uses, p.Names = uses, names
	p.Operations = slices.DeleteFunc(slices.Clone(p.Operations), func(id string) bool { return !known[id] })
	made, err := contract.Make(p)
	if err == nil {
		made.Import = o.importPath
	}
	return made, err
}

// blame finds the action of the overlays of an output without which something would not be wrong, or nothing.
func (t Tool) blame(c *Configuration, o *Output, wrong func(*generator.Contract, error) bool) *Problem {
	if len(o.Overlays) == 0 {
		return nil
	}
	all, ok := c.overlays(o, t, &problems{})
	if !ok {
		return nil
	}
	given := len(all) - len(o.Overlays)
	return generator.Blame(t.Contract, t.Base, all[:given], all[given:], wrong)
}

// opened is the place of an action because of which a contract cannot be opened, where the error has none itself.
func (t Tool) opened(c *Configuration, o *Output, err error) error {
	placeless := new(Problem)
	if !errors.As(err, &placeless) || placeless.Line > 0 {
		return err
	}
	at := t.blame(c, o, func(_ *generator.Contract, other error) bool {
		return other != nil && other.Error() == err.Error()
	})
	if at == nil {
		return err
	}
	at.Text = "with this action: " + err.Error()
	return at
}
