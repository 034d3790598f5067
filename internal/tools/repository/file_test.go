package repository_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/internal/tools/repository"
)

func TestWhatARepositoryHas(t *testing.T) {
	folder := t.TempDir()
	git := func(arguments ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", arguments...)
		command.Dir = folder
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, output)
		}
	}
	write := func(name string, permissions os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), permissions); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	if err := os.WriteFile(filepath.Join(folder, ".gitignore"), []byte("ignored\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("known", 0o700)
	write("deleted", 0o600)
	git("add", "known", "deleted")
	write("new", 0o600)
	write("ignored", 0o600)
	if err := os.Remove(filepath.Join(folder, "deleted")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("known", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}

	files, err := repository.Files(t.Context(), folder)
	slices.Sort(files)
	if want := []string{".gitignore", "deleted", "known", "link", "new"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("%q, %v; want %q", files, err, want)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	for name, want := range map[string]bool{
		"known": true, "new": true, "deleted": false, "link": false, ".git": false,
	} {
		text, permissions, ok, err := repository.Read(root, name)
		if err != nil || ok != want || ok && string(text) != name || name == "known" && permissions != 0o700 {
			t.Errorf("%s: %q, %s, %t, %v", name, text, permissions, ok, err)
		}
	}
	if _, err := repository.Files(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder that is no repository has files")
	}
}
