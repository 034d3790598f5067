package generator

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// sharedFile has the schemas that no tag has alone.
const sharedFile = "schemas.gen.go"

// placement says which file of a package a declaration goes to.
type placement struct {
	p          Package
	x          *index
	operations []*operation
	services   []*service
}

// place is a file, and the tag that a declaration in it belongs to, if it belongs to one alone.
type place struct{ file, tag string }

// of returns the place of each declaration.
func (l placement) of(all []*declaration) []place {
	places := make([]place, len(all))
	if !l.p.Split {
		for i := range all {
			places[i].file = goFile(l.p.Name)
		}
		return places
	}
	tagOf := l.tags()
	// What an operation of a tag needs of the models is the tag's, as long as no other tag needs it.
	needed := map[*declaration][]string{}
	for _, d := range all {
		if tag := tagOf(d); tag != "" {
			l.follow(needed, d, tag)
		}
	}
	for i, d := range all {
		owner := d
		if d.receiver != "" && l.x.names[d.receiver] != nil && isModel(d) {
			owner = l.x.names[d.receiver]
		} else if d.of != "" && l.x.names[d.of] != nil && isModel(d) {
			owner = l.x.names[d.of]
		}
		tag := tagOf(d)
		switch {
		case tag == "" && isModel(owner) && len(needed[owner]) == 1:
			tag = needed[owner][0]
			places[i] = place{fileOfTag(tag), tag}
		case tag != "":
			places[i] = place{fileOfTag(tag), tag}
		case isModel(owner):
			places[i].file = sharedFile
		default:
			places[i].file = goFile(partOf(d.role))
		}
	}
	return places
}

// follow notes that a tag needs what a declaration uses of the models.
func (l placement) follow(needed map[*declaration][]string, d *declaration, tag string) {
	if isModel(d) {
		if slices.Contains(needed[d], tag) {
			return
		}
		needed[d] = append(needed[d], tag)
	}
	for _, u := range d.uses {
		if used := l.x.names[u.name]; used != nil && isModel(used) {
			l.follow(needed, used, tag)
		}
	}
	for _, name := range d.names {
		for _, method := range l.x.methods[name] {
			l.follow(needed, method, tag)
		}
	}
}

// tags returns a function that knows the tag of what belongs to one operation, and says nothing of the rest.
func (l placement) tags() func(*declaration) string {
	names, methods := map[string]string{}, map[string]string{}
	for _, o := range l.operations {
		tag := "" // An operation without a tag is none's.
		if len(o.Spec.Tags) > 0 {
			tag = o.Spec.Tags[0]
		}
		methods[o.OperationId] = tag
		methods["write"+o.OperationId] = tag
		for _, name := range []string{"Build" + o.OperationId, "operation" + o.OperationId, o.OperationId + "Params",
			o.OperationId + "Input", o.OperationId + "Output"} {
			names[name] = tag
		}
		for _, a := range o.Answers() {
			names[a.Name] = tag
		}
		for _, t := range o.TypeDefinitions {
			names[t.TypeName] = tag
		}
	}
	for _, s := range l.services {
		for _, name := range []string{s.Name + "API", "Fake" + s.Name} {
			names[name] = s.Tag
		}
	}
	return func(d *declaration) string {
		if d.receiver != "" {
			if tag := names[d.receiver]; tag != "" {
				return tag
			}
			return methods[d.method]
		}
		for _, name := range d.names {
			if tag := names[name]; tag != "" {
				return tag
			}
		}
		if d.of != "" {
			return names[d.of]
		}
		return ""
	}
}

// partOf is the part that a role belongs to.
func partOf(role string) string {
	for part, roles := range rolesOf {
		if slices.Contains(roles, role) {
			return strings.ReplaceAll(part, "-", "_")
		}
	}
	return Models
}

func isModel(d *declaration) bool { return slices.Contains(rolesOf[Models], d.role) }

// fileOfTag is a tag's name as that of a file: on_us_transfers.gen.go. One without a letter of ASCII has a number.
func fileOfTag(tag string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(tag) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimSuffix(b.String(), "_")
	if name == "" {
		name = fmt.Sprintf("tag_%x", sha256.Sum256([]byte(tag)))[:12]
	}
	return goFile(name)
}

// goFile is the name of a file that Go takes in whatever it is built for: what ends like the name of a system, or of
// tests, has a word behind it.
func goFile(name string) string {
	if i := strings.LastIndexByte(name, '_'); i >= 0 && (systems[name[i+1:]] || name[i+1:] == "test") {
		name += "_api"
	}
	return name + ".gen.go"
}

// systems are the names of systems and processors that go/build knows, those of the past included.
var systems = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd
		openbsd plan9 solaris wasip1 windows zos
		386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64
		ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`) {
		all[name] = true
	}
	return all
}()
