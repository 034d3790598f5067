package pgserver_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jiko-partner/partner-go/internal/pgserver"
)

func TestAServerDiesWithTheProgramThatStartedItAndItsFolderWithTheNextOne(t *testing.T) {
	temporary(t)
	// Where there is no server, this test is skipped here.
	if err := pgserver.ForTest(t, pgserver.Options{Volatile: true}).Close(); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), parent+"=1")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	killed := command.Process.Kill()
	_ = command.Wait()
	if err := errors.Join(err, killed); err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line)
	if !strings.HasPrefix(url, "postgres://") {
		t.Fatal(url)
	}
	left := folders(t)
	if len(left) != 1 {
		t.Fatalf("the program that was killed left %d folders", len(left))
	}
	lock, err := os.Open(filepath.Join(left[0], "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	// The lock is free when the last of the server's processes is gone.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if !refuses(t, url) {
		t.Error("the server is still there")
	}
	_ = lock.Close()
	pgserver.ForTest(t, pgserver.Options{Volatile: true})
	if now := folders(t); len(now) != 1 || now[0] == left[0] {
		t.Errorf("%s was left behind, now there are %s", left[0], now)
	}
}
