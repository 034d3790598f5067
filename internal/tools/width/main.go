package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: width REPOSITORY")
		os.Exit(2)
	}
	wide, err := run(context.Background(), os.Stdout, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "width:", err)
		os.Exit(2)
	}
	if wide > 0 {
		fmt.Fprintf(os.Stderr, "%d lines are wider than %d columns\n", wide, limit)
		os.Exit(1)
	}
}

// run lists the wide lines of a repository and returns how many there are.
func run(ctx context.Context, w io.Writer, repository string) (wide int, err error) {
	paths, err := files(ctx, repository)
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(repository)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, path := range paths {
		if exempt(path) {
			continue
		}
		text, err := read(root, path)
		if err != nil {
			return 0, err
		}
		for _, l := range wideLines(text) {
			fmt.Fprintf(w, "%s:%d: %d columns\n", filepath.ToSlash(path), l.number, l.columns)
			wide++
		}
	}
	return wide, nil
}

// files lists what git knows and what it would add.
func files(ctx context.Context, repository string) ([]string, error) {
	command := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	command.Dir = repository
	output, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("git ls-files: %w: %s", err, exit.Stderr)
	} else if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return r == 0 }), nil
}

// read returns the text of a file. Links, folders and files that are deleted but not committed have none.
func read(root *os.Root, path string) (string, error) {
	info, err := root.Lstat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return "", nil
	} else if err != nil {
		return "", err
	}
	text, err := root.ReadFile(path)
	return string(text), err
}
