package contracttest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// renamed renames the variables of steps, so that they can be taken beside themselves.
func renamed(steps []step, prefix string) []step {
	given := map[string]bool{}
	for _, s := range steps {
		for _, name := range s.gives() {
			given[name] = name != "set_pin"
		}
	}
	rename := func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(found string) string {
			name := variable.FindStringSubmatch(found)[1]
			if !given[name] {
				return found
			}
			return strings.Replace(found, "${"+name+"}", "${"+prefix+name+"}", 1)
		})
	}
	all := make([]step, len(steps))
	for i, s := range steps {
		s.Path, s.Key = rename(s.Path), rename(s.Key)
		s.Query, s.Header = slices.Clone(s.Query), slices.Clone(s.Header)
		for j := range s.Query {
			s.Query[j].Value = rename(s.Query[j].Value)
		}
		for j := range s.Header {
			s.Header[j].Value = rename(s.Header[j].Value)
		}
		if s.Body != nil && isJSON(s.Media) {
			s.Body = text(rename(string(*s.Body)))
		}
		keep, made := map[string]string{}, map[string]recipe.Made{}
		for name, pointer := range s.Keep {
			if given[name] {
				name = prefix + name
			}
			keep[name] = pointer
		}
		for name, what := range s.Make {
			if given[name] {
				name = prefix + name
			}
			made[name] = what
		}
		s.Keep, s.Make, s.Want = keep, made, nil
		all[i] = s
	}
	return all
}

// second stands before the names of variables of what was made a second time.
const second = "second_"

// probeHierarchy asks for something below what it does not belong to.
func probeHierarchy(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	want0, got := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	if len(want0) != len(got) || len(g.setup) == 0 {
		return nil
	}
	var places []int
	for i := range want0 {
		isOurs := variable.MatchString(got[i]) && !strings.Contains(got[i], "${"+pooledPrefix)
		if strings.HasSuffix(want0[i], "_id}") && isOurs {
			places = append(places, i)
		}
	}
	if len(places) < 2 {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	s := f.request()
	parent := places[len(places)-2]
	own := got[parent]
	path := slices.Clone(got)
	path[parent] = strings.Replace(own, "${", "${"+second, 1)
	s.Path = strings.Join(path, "/")
	s.Want = []want{{judgeForeign, map[string]string{"own": own, "other": path[parent],
		"child": got[places[len(places)-1]], "place": "path " + strings.Trim(want0[parent], "{}")}}}
	_, err = r.on(ctx, f, append(renamed(g.setup, second), s)...)
	return err
}

// judgeForeign wants a thing not to be found below another parent.
var judgeForeign = register("foreign", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["own"]+args["other"]+args["child"], "${") ||
		args["own"] == args["other"] || args["child"] == args["other"] {
		return nil
	}
	o := operationByID(e.step.Operation)
	return []failure{{code: codeHierarchy, operation: o.ID, place: args["place"], rule: "another_parent",
		expected: "404, as it belongs to another one", got: "status " + strconv.Itoa(e.status()),
		source: o.source("responses")}}
})
