package contracttest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// probeUnknown asks for what is not there, one id at a time.
func probeUnknown(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	want0, got := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	if len(want0) != len(got) {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	var steps []step
	for i := range want0 {
		if !strings.HasSuffix(want0[i], "_id}") {
			continue
		}
		name := strings.Trim(want0[i], "{}")
		s := f.remade(f.request())
		path := slices.Clone(got)
		path[i] = recipe.Nobody
		s.Path = strings.Join(path, "/")
		args := map[string]string{"place": "path " + name, "rule": "unknown_id", "source": o.source("responses"),
			"expected": "404, as there is nothing with that id"}
		isDecided := o.names(http.StatusNotFound) || !strings.HasPrefix(o.ID, "list")
		if isDecided {
			found := maps.Clone(args)
			found["code"], found["in"] = codeInvalid, "1xx 3xx 4xx"
			s.Want = append(s.Want, want{judgeStatus, found})
		}
		if o.names(http.StatusNotFound) {
			named := maps.Clone(args)
			named["code"], named["in"] = codeStatus, "404 2xx"
			s.Want = append(s.Want, want{judgeStatus, named})
		}
		steps = append(steps, s)
	}
	_, err = r.on(ctx, f, steps...)
	return err
}
