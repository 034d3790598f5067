package project

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// wrong puts an error of the generator where what causes it stands: a name, an action of an overlay, or else the
// package.
func (l *plan) wrong(o *planned, err error) error {
	same := func(other error) bool { return other != nil && other.Error() == err.Error() }
	p := &problems{file: l.configuration.File}
	of := slices.Sorted(maps.Keys(o.Names))
	guilty := generator.Guilty(len(of), func(some []int) bool {
		names := map[string]string{}
		for _, i := range some {
			names[of[i]] = o.Names[of[i]]
		}
		return same(l.remake(o, o.contract, names))
	})
	if guilty != nil {
		p.add(o.at[element("names", of[guilty[len(guilty)-1]])], "names: package %s: %v", o.Package, err)
		return p.err()
	}
	at := l.tool.blame(l.configuration, o.Output, func(c *generator.Contract, other error) bool {
		if other == nil {
			other = l.remake(o, c, o.Names)
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
func (l *plan) remake(o *planned, contract *generator.Contract, names map[string]string) error {
	known := map[string]bool{}
	for _, one := range contract.Operations() {
		known[one.ID] = true
	}
	chain := []*planned{o}
	for used := l.used(o); used != nil; used = l.used(used) {
		chain = append(chain, used)
	}
	var made []*generator.Made
	for _, one := range slices.Backward(chain) {
		p := l.packageOf(one)
		p.Names, p.Uses = names, slices.Clone(made)
		slices.Reverse(p.Uses) // The nearest comes first.
		p.Operations = slices.DeleteFunc(slices.Clone(p.Operations), func(id string) bool { return !known[id] })
		result, err := contract.Make(p)
		if err != nil {
			return err
		}
		result.Import = one.importPath
		made = append(made, result)
	}
	return nil
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
