package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jiko-partner/partner-go/internal/tools/repository"
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
func run(ctx context.Context, w io.Writer, folder string) (wide int, err error) {
	paths, err := repository.Files(ctx, folder)
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, path := range paths {
		if exempt(path) {
			continue
		}
		text, _, _, err := repository.Read(root, path)
		if err != nil {
			return 0, err
		}
		for _, l := range wideLines(string(text)) {
			fmt.Fprintf(w, "%s:%d: %d columns\n", filepath.ToSlash(path), l.number, l.columns)
			wide++
		}
	}
	return wide, nil
}
