package project

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// State is what is wrong with a file, or with all.
type State string

// The states that Check tells apart.
const (
	// Missing is a file that should be there, and is not: it was made once, or is new.
	Missing State = "missing"
	// Edited is a file that was changed by hand, or by another version of itself in a merge.
	Edited State = "edited"
	// Orphaned is a file that was made once, and that nothing makes any more.
	Orphaned State = "orphaned"
	// Stale is a file that would be made otherwise today.
	Stale State = "stale"
	// Unknown is a file that would be made like that, but that no manifest knows.
	Unknown State = "unknown"
)

// Finding is a file that is not as it should be.
type Finding struct {
	// File is its name from the folder of the configuration on, with slashes.
	File  string `json:"file"`
	State State  `json:"state"`
}

// Cause is why files are stale.
type Cause struct {
	// What has changed: contract, configuration or tool.
	What string `json:"what"`
	// Package is the output that it is about, or empty where it is all of them.
	Package string `json:"package,omitempty"`
	// Changed, Added and Removed are the operations or the keys.
	Changed []string `json:"changed,omitempty"`
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// From and To are the versions of the tool.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Report is what Check found.
type Report struct {
	// Fresh says that everything is as Generate would make it.
	Fresh bool `json:"fresh"`
	// New says that nothing was generated yet, Lost that the manifest is missing, and Interrupted that a run of
	// Generate was killed.
	New         bool `json:"new"`
	Lost        bool `json:"lost"`
	Interrupted bool `json:"interrupted"`
	// Manifest is the file that knows what was made of what.
	Manifest string    `json:"manifest"`
	Findings []Finding `json:"findings"`
	Causes   []Cause   `json:"causes"`
	// Notes are what else should be known. They change nothing.
	Notes []string `json:"notes,omitempty"`
	// Repair is the command that makes it fresh, or empty.
	Repair string `json:"repair,omitempty"`
}

// Check says whether what is there is what Generate would make, and if not, why. It writes nothing. An error says that
// it cannot tell.
func Check(c *Configuration, tool Tool) (Report, error) {
	l, err := newPlan(c, tool)
	if err != nil {
		return Report{}, err
	}
	c.await()
	k, err := l.known()
	if err != nil {
		return Report{}, err
	}
	report := Report{Findings: []Finding{}, Causes: []Cause{}, Interrupted: k.interrupted, Notes: l.notes(),
		Manifest: c.relative(c.manifestName())}
	var all []made
	if k.old == nil || k.old.Tool.Digest != l.by.Digest {
		if all, err = l.make(); err != nil {
			return Report{}, err
		}
		l.settle(all, k.old)
	}
	if k.old != nil {
		report.Causes = l.causes(k.old)
	}
	files := map[string][]byte{}
	if k.old == nil || len(report.Causes) > 0 {
		// What cannot be made is not stale but wrong, and what will be made is no orphan.
		if all == nil {
			if all, err = l.make(); err != nil {
				return Report{}, err
			}
		}
		files = l.files(all)
		if err := l.obstacle(k, files); err != nil {
			return Report{}, err
		}
	}
	if err := report.compare(l, k, files); err != nil {
		return Report{}, err
	}
	report.Lost = k.old == nil && !report.Interrupted && len(report.Findings) > 0
	report.New = k.old == nil && !report.Interrupted && !report.Lost
	report.Fresh = k.old != nil && !report.Interrupted && len(report.Findings)+len(report.Causes) == 0
	if !report.Fresh {
		report.Repair = c.Command()
	}
	return report, nil
}

// compare holds the files against a manifest, and against those that will be made.
func (r *Report) compare(l *plan, k *known, files map[string][]byte) error {
	c, old := l.configuration, k.old
	if old == nil {
		old = &manifest{}
	}
	known, listed := maps.Clone(files), map[string]bool{}
	for _, out := range old.Outputs {
		i := slices.IndexFunc(l.outputs, func(o planned) bool { return o.Folder == out.Folder })
		for _, file := range slices.Sorted(maps.Keys(out.Files)) {
			name := filepath.Join(c.folder(out.Folder), file)
			made := i >= 0 && (len(files) == 0 || files[name] != nil) // It is still.
			if made {
				known[name], listed[name] = []byte{}, true
			}
			found := Finding{File: path.Join(out.Folder, file)}
			text, err := readFile(name)
			switch {
			case errors.Is(err, os.ErrNotExist) && made:
				found.State = Missing
			case errors.Is(err, os.ErrNotExist):
			case err != nil:
				return fmt.Errorf("read what was made: %w", err)
			case !made: // It is found among the orphans.
			case digestOf(unixLines(text)) != out.Files[file]:
				found.State = Edited
			case files[name] != nil && !sameText(text, files[name]): // The others are of what has not changed.
				found.State = Stale
			}
			if found.State != "" {
				r.Findings = append(r.Findings, found)
			}
		}
	}
	var absent []Finding
	for name, text := range files {
		before, err := readFile(name)
		switch {
		case listed[name]:
		case errors.Is(err, os.ErrNotExist):
			absent = append(absent, Finding{c.relative(name), Missing})
		case err != nil:
			return fmt.Errorf("read what was made: %w", err)
		case (k.old != nil || k.interrupted) && !sameText(before, text):
			r.Findings = append(r.Findings, Finding{c.relative(name), Stale})
		}
	}
	orphans, changed, err := l.orphans(k, known)
	if err != nil {
		return err
	}
	for _, name := range changed {
		r.Findings = append(r.Findings, Finding{c.relative(name), Edited})
	}
	for _, name := range orphans {
		r.Findings = append(r.Findings, Finding{c.relative(name), Orphaned})
	}
	if k.old == nil && !k.interrupted {
		strays, err := l.strays(known, orphans)
		if err != nil {
			return err
		}
		for _, name := range strays {
			r.Findings = append(r.Findings, Finding{c.relative(name), Orphaned})
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if text, err := readFile(name); err == nil && len(text) > 0 {
				state := Stale
				if sameText(text, files[name]) {
					state = Unknown
				}
				r.Findings = append(r.Findings, Finding{c.relative(name), state})
			}
		}
	}
	if k.old != nil || k.interrupted || len(r.Findings) > 0 { // Or else nothing was generated yet.
		r.Findings = append(r.Findings, absent...)
	}
	slices.SortFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.File, b.File) })
	return nil
}

// causes compares what a manifest was made of with what would be made today.
func (l *plan) causes(old *manifest) []Cause {
	all := []Cause{}
	if old.Tool.Digest != l.by.Digest {
		all = append(all, old.Tool.until(l.by))
	}
	for _, o := range l.outputs {
		i := slices.IndexFunc(old.Outputs, func(out madeOutput) bool { return out.Folder == o.Folder })
		if i < 0 {
			all = append(all, Cause{What: "configuration", Package: o.Package, Added: theOutput})
			continue
		}
		before := old.Outputs[i].inputs
		keys := compare("configuration", o.Package, before.Configuration, o.inputs.Configuration)
		operations := compare("contract", o.Package, before.Operations, o.inputs.Operations)
		if operations == nil && before.Configuration["overlays"] == o.inputs.Configuration["overlays"] &&
			old.Tool.Digest == l.by.Digest {
			// An overlay may have an operation depend on more of the contract.
			operations = compare("contract", o.Package, before.Applied, o.inputs.Applied)
		}
		if keys != nil { // Which operations there are is then a matter of the configuration.
			all = append(all, *keys)
			if operations != nil {
				operations.Added, operations.Removed = nil, nil
			}
		}
		if operations != nil && len(operations.Changed)+len(operations.Added)+len(operations.Removed) > 0 {
			all = append(all, *operations)
		}
	}
	for _, out := range old.Outputs {
		if !slices.ContainsFunc(l.outputs, func(o planned) bool { return o.Folder == out.Folder }) {
			all = append(all, Cause{What: "configuration", Package: out.Package, Removed: theOutput})
		}
	}
	return all
}

// compare returns what has changed, or nil.
func compare(what, of string, before, now map[string]string) *Cause {
	c := Cause{What: what, Package: of}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch was, there := before[name]; {
		case !there:
			c.Added = append(c.Added, name)
		case was != now[name]:
			c.Changed = append(c.Changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, there := now[name]; !there {
			c.Removed = append(c.Removed, name)
		}
	}
	if len(c.Added)+len(c.Changed)+len(c.Removed) == 0 {
		return nil
	}
	return &c
}

// until is how one tool became another: by its version, by that of a library that a repository pins, or, in a work tree
// without versions, by its digest.
func (m madeBy) until(now madeBy) Cause {
	cause := Cause{What: "tool", From: m.Version, To: now.Version}
	if m.Version != now.Version {
		return cause
	}
	for _, library := range generator.Libraries {
		if before, after := m.Libraries[library], now.Libraries[library]; before != after {
			cause.From, cause.To = library+"@"+before, library+"@"+after
			return cause
		}
	}
	cause.From, cause.To = m.Version+" "+m.Digest, now.Version+" "+now.Digest
	return cause
}
