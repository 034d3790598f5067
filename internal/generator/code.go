package generator

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// code is what the templates made of one document: declarations, in the order of their roles.
type code struct {
	declarations []*declaration
	// imports are those that the templates offer, by the names that the code has for them.
	imports map[string]imported
	// words are all names that stand anywhere in it, also those of what is local.
	words map[string]bool
}

// imported is a package that code may import.
type imported struct {
	path string
	// alias is the name in the import, or empty where that is the package's own.
	alias string
}

// declaration is a declaration at the top of a file, or a variable of a group of them.
type declaration struct {
	role string
	// text is the source, with its comment.
	text string
	// group is the group that it came from, or nil.
	group *parenthesis
	// names are what it declares. A method has none: it has a receiver and a method.
	names            []string
	receiver, method string
	// value says that it declares variables or constants.
	value bool
	// fields are those of a struct.
	fields []string
	// of is the type that it belongs to, as a constant of an enum and a constructor of a union do.
	of string
	// uses are names that it uses and that are not its own: of this package, of the language, or of an import.
	uses []use
	// selects are the names behind a dot, and those of the methods of its interfaces.
	selects []string
}

// parenthesis is what stands around a group of variables.
type parenthesis struct{ comment string }

// use is a name and where it stands in the text.
type use struct {
	name string
	at   int
}

// detached is a comment with an empty line behind it, as some templates of oapi-codegen have it.
var detached = regexp.MustCompile(`(?m)^(//.*\n)\n+((?:type|func|var|const) )`)

// crowded is a line of a comment that marks what is deprecated, right below another. Go's tools see it only as a
// paragraph of its own.
var crowded = regexp.MustCompile(`(?m)^([ \t]*)(//[ \t]*\S.*\n)[ \t]*(// Deprecated: )`)

// add parses what the templates of a role made, and adds its declarations.
func (c *code) add(role, text string) error {
	text = detached.ReplaceAllString(text, "$1$2")
	text = crowded.ReplaceAllString(text, "$1$2$1//\n$1$3")
	files := token.NewFileSet()
	// The resolved objects are deprecated for those who need types. Which names are local is all that matters here.
	file, err := parser.ParseFile(files, role, text, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("the templates made no Go: %w", err)
	}
	if c.words == nil {
		c.words = map[string]bool{}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			c.words[name.Name] = true
		}
		return true
	})
	p := parsing{text: text, role: role, base: files.File(file.Pos()).Base(), file: file}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			c.declarations = append(c.declarations, p.function(d))
		case *ast.GenDecl:
			switch {
			case d.Tok == token.IMPORT:
				if err := c.offer(d); err != nil {
					return err
				}
			case d.Tok == token.VAR && d.Lparen.IsValid():
				c.declarations = append(c.declarations, p.variables(d)...)
			default:
				c.declarations = append(c.declarations, p.general(d))
			}
		}
	}
	return nil
}

// offer notes imports.
func (c *code) offer(d *ast.GenDecl) error {
	for _, spec := range d.Specs {
		spec := spec.(*ast.ImportSpec) //nolint:forcetypeassert // An import has no other.
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		one := imported{path: path}
		name := packageName(path)
		if spec.Name != nil {
			name, one.alias = spec.Name.Name, spec.Name.Name
		}
		if c.imports == nil {
			c.imports = map[string]imported{}
		}
		c.imports[name] = one
	}
	return nil
}

// packageName is the name that a package probably has: the last part of its path that is no version.
func packageName(path string) string {
	parts := strings.Split(path, "/")
	last := len(parts) - 1
	if version, ok := strings.CutPrefix(parts[last], "v"); ok && last > 0 {
		if _, err := strconv.Atoi(version); err == nil {
			last--
		}
	}
	return parts[last]
}

// parsing is the parsing of a file.
type parsing struct {
	text, role string
	base       int
	file       *ast.File
}

func (p parsing) between(from, to token.Pos) string { return p.text[int(from)-p.base : int(to)-p.base] }

// start is where a declaration begins with its comment.
func start(comment *ast.CommentGroup, pos token.Pos) token.Pos {
	if comment != nil {
		return comment.Pos()
	}
	return pos
}

func (p parsing) function(f *ast.FuncDecl) *declaration {
	from := start(f.Doc, f.Pos())
	d := &declaration{role: p.role, text: p.between(from, f.End())}
	if f.Recv != nil {
		p.inspect(d, from, f.Recv)
	}
	p.inspect(d, from, f.Type)
	if f.Body != nil {
		p.inspect(d, from, f.Body)
	}
	if f.Recv != nil {
		d.receiver, d.method = baseType(f.Recv.List[0].Type), f.Name.Name
		return d
	}
	d.names = []string{f.Name.Name}
	if results := f.Type.Results; results != nil && f.Name.IsExported() {
		d.of = baseType(results.List[0].Type)
	}
	return d
}

// variables takes a group apart.
func (p parsing) variables(d *ast.GenDecl) []*declaration {
	g := &parenthesis{}
	if d.Doc != nil {
		g.comment = p.between(d.Doc.Pos(), d.Doc.End())
	}
	all := make([]*declaration, len(d.Specs))
	for i, spec := range d.Specs {
		value := spec.(*ast.ValueSpec) //nolint:forcetypeassert // A variable has no other.
		from := start(value.Doc, value.Pos())
		all[i] = &declaration{role: p.role, text: p.between(from, value.End()), group: g, names: namesOf(value.Names),
			value: true}
		p.inspect(all[i], from, value)
	}
	return all
}

func (p parsing) general(g *ast.GenDecl) *declaration {
	from := start(g.Doc, g.Pos())
	d := &declaration{role: p.role, text: p.between(from, g.End()), value: g.Tok != token.TYPE}
	p.inspect(d, from, g)
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			d.names = append(d.names, spec.Name.Name)
			if s, ok := spec.Type.(*ast.StructType); ok && len(g.Specs) == 1 {
				for _, field := range s.Fields.List {
					d.fields = append(d.fields, namesOf(field.Names)...)
				}
			}
		case *ast.ValueSpec:
			d.names = append(d.names, namesOf(spec.Names)...)
			if g.Tok == token.CONST && spec.Type != nil {
				d.of = baseType(spec.Type)
			}
		}
	}
	return d
}

func namesOf(all []*ast.Ident) []string {
	var names []string
	for _, one := range all {
		if one.Name != "_" {
			names = append(names, one.Name)
		}
	}
	return names
}

// baseType is the name of a type without pointer, and without its own types.
func baseType(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return baseType(e.X)
	case *ast.IndexExpr:
		return baseType(e.X)
	case *ast.IndexListExpr:
		return baseType(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// inspect notes what nodes of a declaration use. from is where the declaration begins.
func (p parsing) inspect(d *declaration, from token.Pos, nodes ...ast.Node) {
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			d.selects = append(d.selects, n.Sel.Name)
			ast.Inspect(n.X, visit)
			return false
		case *ast.InterfaceType:
			for _, method := range n.Methods.List {
				d.selects = append(d.selects, namesOf(method.Names)...)
			}
		case *ast.Field: // Its names are its own.
			ast.Inspect(n.Type, visit)
			return false
		case *ast.KeyValueExpr:
			// A name before the colon is that of a field: the templates have no maps with such keys.
			if _, name := n.Key.(*ast.Ident); !name {
				ast.Inspect(n.Key, visit)
			}
			ast.Inspect(n.Value, visit)
			return false
		case *ast.Ident:
			if n.Name != "_" && (n.Obj == nil || p.file.Scope.Lookup(n.Name) == n.Obj) {
				d.uses = append(d.uses, use{n.Name, int(n.Pos() - from)})
			}
		}
		return true
	}
	for _, node := range nodes {
		ast.Inspect(node, visit)
	}
}
