package repository

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Files lists what git knows of a folder and what it would add, with paths from the folder.
func Files(ctx context.Context, folder string) ([]string, error) {
	command := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	command.Dir = folder
	output, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("git ls-files: %w: %s", err, exit.Stderr)
	} else if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return r == 0 }), nil
}

// Read returns the text of a file and its permissions. Links, folders and files that are deleted but not committed have
// none: ok is false then.
func Read(root *os.Root, path string) (text []byte, permissions os.FileMode, ok bool, err error) {
	info, err := root.Lstat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, 0, false, nil
	} else if err != nil {
		return nil, 0, false, err
	}
	text, err = root.ReadFile(path)
	return text, info.Mode().Perm(), err == nil, err
}
