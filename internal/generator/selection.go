package generator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// only is the document with some operations alone, and with the components that they refer to, under the names that
// schemas shall have. What the others refer to need not be there.
func (d document) only(ids []string, names map[string]string) (document, error) {
	left := map[string]bool{}
	for _, id := range ids {
		left[id] = true
	}
	root := maps.Clone(object(d.value))
	paths := map[string]any{}
	var next []reference
	given := object(root["paths"])
	for _, template := range slices.Sorted(maps.Keys(given)) {
		item := given[template]
		kept := map[string]any{}
		chosen := false
		for _, key := range slices.Sorted(maps.Keys(object(item))) {
			value := object(item)[key]
			if !slices.Contains(methods, key) {
				kept[key] = value
				continue
			}
			if id, _ := object(value)["operationId"].(string); left[id] {
				delete(left, id)
				kept[key], chosen = value, true
				next = append(next, references("operation "+id, value)...)
			}
		}
		if chosen {
			paths[template] = kept
			next = append(next, references("path "+template, kept["parameters"])...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		return document{}, fmt.Errorf("there is no operation %s", id)
	}
	root["paths"] = paths
	all := object(root["components"])
	components := map[string]any{}
	if all["securitySchemes"] != nil {
		components["securitySchemes"] = all["securitySchemes"]
	}
	for len(next) > 0 {
		r := next[0]
		next = next[1:]
		kind, name := r.component()
		if kind == "" || object(components[kind])[name] != nil {
			continue
		}
		if d.round(r.to) {
			return document{}, fmt.Errorf("%s: %s refers to nothing but itself", d.name, r.to)
		}
		value, there := object(all[kind])[name]
		if !there {
			return document{}, fmt.Errorf("%s: %s refers to %s, which is not there", d.name, r.from, r.to)
		}
		if components[kind] == nil {
			components[kind] = map[string]any{}
		}
		object(components[kind])[name] = value
		next = append(next, references(strings.TrimPrefix(r.to, "#/components/"), value)...)
	}
	root["components"] = components
	root, err := renamed(root, names)
	if err != nil {
		return document{}, err
	}
	text, err := json.Marshal(root)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", d.name, err)
	}
	return document{d.name, root, text}, nil
}

// round reports whether a reference is to references alone, which come back to it.
func (d document) round(ref string) bool {
	seen := map[string]bool{}
	for ref != "" && !seen[ref] {
		seen[ref] = true
		ref, _ = object(at(d.value, ref))["$ref"].(string)
	}
	return ref != ""
}

// renamed is a document whose schemas have other names. The members that refer to them keep theirs, as they would not
// if the schemas had an x-go-name.
func renamed(root map[string]any, names map[string]string) (map[string]any, error) {
	schemas := object(object(root["components"])["schemas"])
	const at = "#/components/schemas/"
	refs := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		to := names[name]
		if to == "" || to == name {
			continue
		}
		if _, taken := schemas[to]; taken && names[to] == "" {
			return nil, &NameError{to, "the schemas " + name + " and " + to}
		}
		refs[at+name] = at + to
	}
	if len(refs) == 0 {
		return root, nil
	}
	copied := object(replaced(root, refs))
	others := map[string]any{}
	for name, schema := range object(object(copied["components"])["schemas"]) {
		if to := refs[at+name]; to != "" {
			name = strings.TrimPrefix(to, at)
			delete(object(schema), "x-go-name")
		}
		others[name] = schema
	}
	object(copied["components"])["schemas"] = others
	return copied, nil
}

// replaced is a copy of a value in which references are others: to a schema, or to a part of it.
func replaced(value any, refs map[string]string) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for name, one := range value {
			copied[name] = replaced(one, refs)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, one := range value {
			copied[i] = replaced(one, refs)
		}
		return copied
	case string:
		if !strings.HasPrefix(value, "#/") {
			return value
		}
		parts := strings.SplitN(value, "/", 5)
		whole := strings.Join(parts[:min(len(parts), 4)], "/")
		if to := refs[whole]; to != "" {
			return to + strings.TrimPrefix(value, whole)
		}
	}
	return value
}

// reference is a $ref, and where it stands.
type reference struct{ from, to string }

func references(from string, value any) []reference {
	var all []reference
	for _, ref := range refsOf(value) {
		all = append(all, reference{from, ref})
	}
	return all
}

// component is the kind and the name of a component, or nothing where the reference is to anything else.
func (r reference) component() (kind, name string) {
	rest, ok := strings.CutPrefix(r.to, "#/components/")
	if !ok {
		return "", ""
	}
	kind, name, _ = strings.Cut(rest, "/")
	name, _, _ = strings.Cut(name, "/") // It may be of a part.
	return kind, unescape(name)
}

// refsOf are the references of a value, those of mappings of discriminators included.
func refsOf(value any) []string {
	var refs []string
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok {
			refs = append(refs, ref)
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if name == "mapping" {
				mapping := object(value[name])
				for _, of := range slices.Sorted(maps.Keys(mapping)) {
					if to, ok := mapping[of].(string); ok && strings.HasPrefix(to, "#/") {
						refs = append(refs, to)
					}
				}
			}
			refs = append(refs, refsOf(value[name])...)
		}
	case []any:
		for _, one := range value {
			refs = append(refs, refsOf(one)...)
		}
	}
	return refs
}
