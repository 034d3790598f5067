package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// survivor is a mutant that no test notices, or a reason why it may live.
type survivor struct {
	// File is below the root of the repository. Code is its line, Becomes what the mutation makes of it.
	File, Code, Becomes string
	// Reason is why it may live.
	Reason string
}

// reasons are what survivors.yaml has.
func reasons(file string) (known []survivor, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&known); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, s := range known {
		if s.File == "" || s.Code == "" || s.Becomes == "" || s.Reason == "" {
			return nil, fmt.Errorf("%s: something is missing of %+v", file, s)
		}
	}
	return known, nil
}

// figures are what came of a part's mutants.
type figures struct {
	part part
	// covered are those that some test executes: killed, timed out or lived. Nothing is known of uncovered ones.
	covered, killed, timedOut, uncovered int
	lived                                []survivor
}

// count takes a result apart. The lines of survivors are read from the repository.
func count(repository string, p part, r result) (f figures, err error) {
	f = figures{part: p}
	for _, file := range r.Files {
		name := path.Join(p.folder, file.Name)
		var lines []string
		for _, m := range file.Mutations {
			switch m.Status {
			case "KILLED":
				f.killed++
			case "TIMED OUT":
				f.timedOut++
			case "NOT COVERED":
				f.uncovered++
			case "LIVED":
				if lines == nil {
					if lines, err = linesOf(repository, name); err != nil {
						return f, err
					}
				}
				if m.Line < 1 || m.Line > len(lines) {
					return f, fmt.Errorf("%s has no line %d", name, m.Line)
				}
				code := lines[m.Line-1]
				becomes, err := mutated(code, m.Type, m.Column)
				if err != nil {
					return f, fmt.Errorf("%s:%d: %w", name, m.Line, err)
				}
				f.lived = append(f.lived, survivor{File: name, Code: strings.TrimSpace(code),
					Becomes: strings.TrimSpace(becomes)})
			case "NOT VIABLE", "SKIPPED": // It does not compile.
			default:
				return f, fmt.Errorf("%s:%d: gremlins has a new status, %s", name, m.Line, m.Status)
			}
		}
	}
	f.covered = f.killed + f.timedOut + len(f.lived)
	return f, nil
}

func linesOf(repository, name string) ([]string, error) {
	root, err := os.OpenRoot(repository)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // nothing was written
	text, err := root.ReadFile(name)
	return strings.Split(string(text), "\n"), err
}

// explain gives the survivors of all parts their reasons, and returns the reasons that none needs: those whose line is
// no longer there, or is in one of the parts and was killed.
func explain(all []figures, known []survivor) (left []survivor) {
	used := make([]bool, len(known))
	for _, f := range all {
		for i := range f.lived {
			for j, k := range known {
				if k.File == f.lived[i].File && k.Code == f.lived[i].Code && k.Becomes == f.lived[i].Becomes {
					f.lived[i].Reason, used[j] = k.Reason, true
				}
			}
		}
	}
	for j, k := range known {
		if used[j] {
			continue
		}
		for _, f := range all {
			if strings.HasPrefix(k.File, f.part.folder+"/") {
				left = append(left, k)
			}
		}
	}
	return left
}
