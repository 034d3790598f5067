package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

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
	Seconds float64 `json:"elapsed_time"`
	Files   []struct {
		Name      string `json:"file_name"`
		Mutations []struct {
			Type, Status string
			Line, Column int
		} `json:"mutations"`
	} `json:"files"`
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
func unleash(ctx context.Context, log io.Writer, tools, folder string, p part, to string) error {
	arguments := []string{
		"tool", "-modfile=" + filepath.Join(tools, "go.mod"), "gremlins", "unleash", "./" + p.folder,
		"--workers", strconv.Itoa(p.workers), "--timeout-coefficient", strconv.Itoa(slower), "--output", to,
	}
	if p.exclude != nil {
		arguments = append(arguments, "--exclude-files", p.exclude.String())
	}
	gremlins := exec.CommandContext(ctx, "go", append(arguments, kinds...)...)
	gremlins.Dir = folder
	// The tests alone are to notice, and half of the time would go to vet and the tables of a debugger.
	gremlins.Env = append(os.Environ(), "GOFLAGS=-vet=off -ldflags=-w")
	gremlins.Stdout, gremlins.Stderr = log, log
	if err := gremlins.Run(); err != nil {
		return fmt.Errorf("gremlins in %s: %w", p.folder, err)
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
