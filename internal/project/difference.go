package project

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/aymanbagabas/go-udiff"
)

// devNull is how a unified diff names what is not there, on every system.
const devNull = "/dev/null"

// WriteDiff writes what Generate would change, as a unified diff, and reports whether that is anything.
func WriteDiff(w io.Writer, c *Configuration, tool Tool) (bool, error) {
	l, err := newPlan(c, tool)
	if err != nil {
		return false, err
	}
	all, err := l.make()
	if err != nil {
		return false, err
	}
	todo, err := l.work(all)
	if err != nil {
		return false, err
	}
	now := map[string]string{}
	for name, text := range todo.files {
		now[c.relative(name)] = string(text)
	}
	for _, name := range todo.orphans {
		now[c.relative(name)] = ""
	}
	differs := false
	for _, name := range slices.Sorted(maps.Keys(now)) {
		before, err := os.ReadFile(c.folder(name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, fmt.Errorf("read what is there: %w", err)
		}
		from, to := "a/"+name, "b/"+name
		if err != nil {
			from = devNull
		}
		if now[name] == "" {
			to = devNull
		}
		text := udiff.Unified(from, to, string(unixLines(before)), now[name])
		differs = differs || text != ""
		if _, err := io.WriteString(w, text); err != nil {
			return false, err
		}
	}
	return differs, nil
}
