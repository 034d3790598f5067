package generator

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"strings"
)

// file writes declarations as a file of Go: after a header, with the imports that they use.
func (c *code) file(header, packageName string, all []*declaration) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\npackage %s\n\n", strings.TrimSpace(header), packageName)
	c.writeImports(&b, all)
	var open *parenthesis
	for _, d := range all {
		if open != nil && open != d.group {
			b.WriteString(")\n\n")
		}
		if d.group != nil && open != d.group {
			if d.group.comment != "" {
				b.WriteString(d.group.comment + "\n")
			}
			b.WriteString("var (\n")
		}
		open = d.group
		b.WriteString(d.text + "\n")
		if open == nil {
			b.WriteByte('\n')
		}
	}
	if open != nil {
		b.WriteString(")\n")
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the templates made no Go: %w", err)
	}
	return text, nil
}

// writeImports writes those of the language's own library first, as everybody does. What is imported by a dot is used
// without its name, so it is always there.
func (c *code) writeImports(b *bytes.Buffer, all []*declaration) {
	used := map[string]bool{".": true}
	for _, d := range all {
		for _, u := range d.uses {
			used[u.name] = true
		}
	}
	var own, others []imported
	for name, one := range c.imports {
		switch first, _, _ := strings.Cut(one.path, "/"); {
		case !used[name]:
		case strings.Contains(first, "."):
			others = append(others, one)
		default:
			own = append(own, one)
		}
	}
	if len(own)+len(others) == 0 {
		return
	}
	b.WriteString("import (\n")
	for i, part := range [][]imported{own, others} {
		slices.SortFunc(part, func(a, b imported) int { return strings.Compare(a.path, b.path) })
		if i > 0 && len(own) > 0 && len(others) > 0 {
			b.WriteByte('\n')
		}
		for _, one := range part {
			fmt.Fprintf(b, "%s %q\n", one.alias, one.path)
		}
	}
	b.WriteString(")\n\n")
}
