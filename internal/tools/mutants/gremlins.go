package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/internal/tools/repository"
)

// kinds are the mutations that gremlins leaves out unless it is told not to.
var kinds = []string{
	"--invert-assignments", "--invert-bitwise", "--invert-bwassign", "--invert-logical", "--invert-loopctrl",
	"--remove-self-assignments",
}

// slower is how much longer than the unbroken tests those of a mutant may take. Several run at once.
const slower = 6

// result is what gremlins writes about a part.
type result struct {
	Files []mutatedFile `json:"files"`
}

// mutatedFile is a file with what was done to it.
type mutatedFile struct {
	Name      string `json:"file_name"`
	Mutations []struct {
		Type   string `json:"type"`
		Status string `json:"status"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	} `json:"mutations"`
}

// renew puts files of a later result in the place of theirs in an earlier one.
func (r result) renew(files []mutatedFile) result {
	r.Files = slices.DeleteFunc(slices.Clone(r.Files), func(f mutatedFile) bool {
		return slices.ContainsFunc(files, func(later mutatedFile) bool { return later.Name == f.Name })
	})
	r.Files = append(r.Files, files...)
	return r
}

// again mutates some files of a part anew, whose results are there from an earlier run.
func again(ctx context.Context, log io.Writer, tools, folder string, p part, names []string, results string) error {
	before, err := readResult(results)
	if err != nil {
		return err
	}
	if err := before.has(names); err != nil {
		return err
	}
	var others []string
	err = filepath.WalkDir(filepath.Join(folder, p.folder), func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			name, err = filepath.Rel(filepath.Join(folder, p.folder), name)
		}
		if name = filepath.ToSlash(name); err == nil && !entry.IsDir() && !slices.Contains(names, name) {
			others = append(others, regexp.QuoteMeta(name))
		}
		return err
	})
	if err != nil {
		return err
	}
	p.exclude = regexp.MustCompile("^(" + strings.Join(others, "|") + ")$")
	anew := results + ".again"
	if err := os.Remove(anew); err != nil && !errors.Is(err, fs.ErrNotExist) { // An earlier run was ended.
		return err
	}
	if err := unleash(ctx, log, tools, folder, p, anew); err != nil {
		return err
	}
	after, err := readResult(anew)
	if err != nil {
		return err
	}
	if err := after.has(names); err != nil {
		return err
	}
	text, err := json.Marshal(before.renew(after.Files))
	if err != nil {
		return err
	}
	if err := os.WriteFile(anew, text, 0o600); err != nil {
		return err
	}
	return os.Rename(anew, results)
}

// has fails for a file of which there is no mutant. It may be misspelt, or left out of its part.
func (r result) has(names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(r.Files, func(f mutatedFile) bool { return f.Name == name }) {
			return fmt.Errorf("there is no mutant of %q", name)
		}
	}
	return nil
}

// clone copies the files that git knows or would add, as gremlins copies all that it finds for each of its workers.
func clone(ctx context.Context, folder, to string) (err error) {
	names, err := repository.Files(ctx, folder)
	if err != nil {
		return err
	}
	from, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	into, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	for _, name := range names {
		text, permissions, ok, err := repository.Read(from, name)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := into.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := into.WriteFile(name, text, permissions); err != nil {
			return err
		}
	}
	return nil
}

// unleash mutates a part of a copy of the repository, and writes what came of it to a file.
func unleash(ctx context.Context, log io.Writer, tools, folder string, p part, to string) (err error) {
	arguments := []string{
		"tool", "-modfile=" + filepath.Join(tools, "go.mod"), "gremlins", "unleash", "./" + p.folder,
		"--workers", strconv.Itoa(p.workers), "--timeout-coefficient", strconv.Itoa(slower), "--output", to,
	}
	if p.exclude != nil {
		arguments = append(arguments, "--exclude-files", p.exclude.String())
	}
	// What is built of thousands of mutants fills disks, and nobody needs it again.
	cache, err := os.MkdirTemp("", "mutants-cache-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cache)) }()
	// gremlins takes the time of its first tests for that of all, so that most of what they need is built before. The
	// tests alone are to notice: half of the time would go to vet and to tables for debuggers.
	build := exec.CommandContext(ctx, "go", "test", "-run", "^$", "./"+p.folder+"/...")
	gremlins := exec.CommandContext(ctx, "go", append(arguments, kinds...)...)
	for i, command := range []*exec.Cmd{build, gremlins} {
		command.Dir, command.Stdout, command.Stderr = folder, log, log
		command.Env = append(os.Environ(), "GOCACHE="+cache, "GOFLAGS=-vet=off -ldflags=-w "+os.Getenv("GOFLAGS"))
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s in %s: %w", []string{"go test", "gremlins"}[i], p.folder, err)
		}
	}
	return nil
}

func readResult(path string) (r result, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}
