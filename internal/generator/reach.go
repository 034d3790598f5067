package generator

import (
	"fmt"
	"go/token"
	"slices"
)

// index finds declarations by what they are called.
type index struct {
	// names are the types, functions, variables and constants.
	names map[string]*declaration
	// methods are those of a type.
	methods map[string][]*declaration
	// belongings are what goes with a type without being used by it: the constants of an enum, and constructors.
	belongings map[string][]*declaration
}

// index fails on a name that two declarations have.
func (c *code) index() (*index, error) {
	x := &index{map[string]*declaration{}, map[string][]*declaration{}, map[string][]*declaration{}}
	taken := map[[2]string]string{}
	for _, d := range c.declarations {
		for _, field := range d.fields {
			taken[[2]string{d.names[0], field}] = "a field and a method"
		}
	}
	for _, d := range c.declarations {
		for _, name := range d.names {
			if other := x.names[name]; other != nil {
				return nil, &NameError{name, of(other.role, d.role)}
			}
			x.names[name] = d
		}
		if d.receiver != "" {
			id := [2]string{d.receiver, d.method}
			if taken[id] != "" {
				return nil, &NameError{d.receiver + "." + d.method, taken[id]}
			}
			taken[id] = "two methods"
			x.methods[d.receiver] = append(x.methods[d.receiver], d)
		}
		if d.of != "" {
			x.belongings[d.of] = append(x.belongings[d.of], d)
		}
	}
	return x, nil
}

// NameError says that two things would have the same name in Go: two declarations, or a field and a method.
type NameError struct {
	Name string
	// What says which things, where that is known.
	What string
}

// Error implements error.
func (e *NameError) Error() string {
	if e.What == "" {
		return "two things would be called " + e.Name
	}
	return fmt.Sprintf("two things would be called %s: %s", e.Name, e.What)
}

// of names the parts of two roles.
func of(one, other string) string {
	part := func(role string) string {
		for _, part := range Parts {
			if slices.Contains(rolesOf[part], role) {
				return part
			}
		}
		return ""
	}
	switch a, b := part(one), part(other); {
	case a == "" || b == "":
		return ""
	case a == b:
		return "both of the " + a
	default:
		return fmt.Sprintf("one of the %s, one of the %s", a, b)
	}
}

// reach returns all that some declarations need: what they name, what that names, the methods of each type, and what
// belongs to it. Methods that are not exported are there if some of that calls them, or if an interface has them.
func (x *index) reach(roots ...*declaration) map[*declaration]bool {
	reached, selected := map[*declaration]bool{}, map[string]bool{}
	waiting := map[string][]*declaration{} // methods by name
	next := slices.Clone(roots)
	for len(next) > 0 {
		d := next[len(next)-1]
		next = next[:len(next)-1]
		if reached[d] {
			continue
		}
		reached[d] = true
		for _, u := range d.uses {
			if used := x.names[u.name]; used != nil {
				next = append(next, used)
			}
		}
		for _, name := range d.selects {
			if !selected[name] {
				selected[name] = true
				next = append(next, waiting[name]...)
			}
		}
		for _, name := range d.names {
			next = append(next, x.belongings[name]...)
			for _, method := range x.methods[name] {
				if token.IsExported(method.method) || selected[method.method] {
					next = append(next, method)
				} else {
					waiting[method.method] = append(waiting[method.method], method)
				}
			}
		}
	}
	return reached
}
