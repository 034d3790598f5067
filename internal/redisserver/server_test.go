package redisserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// parentVariable makes the test binary a program that starts a server and is killed.
const parentVariable = "REDISSERVER_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		beParent()
		return
	}
	goleak.VerifyTestMain(m)
}

func beParent() {
	server, err := redisserver.Start(context.Background(), redisserver.Options{Volatile: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.Addr())
	select {}
}

// withClient calls a function with a client that tries everything once.
func withClient(t *testing.T, server *redisserver.Server, do func(context.Context, *redis.Client)) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = client.Close() }()
	do(t.Context(), client)
}

func set(t *testing.T, server *redisserver.Server, key, value string) {
	t.Helper()
	withClient(t, server, func(ctx context.Context, client *redis.Client) {
		if err := client.Set(ctx, key, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
	})
}

func get(t *testing.T, server *redisserver.Server, key string) (value string) {
	t.Helper()
	withClient(t, server, func(ctx context.Context, client *redis.Client) {
		var err error
		if value, err = client.Get(ctx, key).Result(); err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
	})
	return value
}

func refuses(addr string) bool {
	connection, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return true
	}
	_ = connection.Close()
	return false
}

func TestAServerKeepsOrForgetsAsItWasToldTo(t *testing.T) {
	t.Parallel()
	type end func(*redisserver.Server) error
	running := func(*redisserver.Server) error { return nil }
	for name, c := range map[string]struct {
		options redisserver.Options
		end     end
		kept    bool
	}{
		"alone, stopped":           {redisserver.Options{}, (*redisserver.Server).Stop, true},
		"alone, killed":            {redisserver.Options{}, (*redisserver.Server).Kill, true},
		"alone, running":           {redisserver.Options{}, running, true},
		"alone, volatile, stopped": {redisserver.Options{Volatile: true}, (*redisserver.Server).Stop, false},
		"alone, volatile, killed":  {redisserver.Options{Volatile: true}, (*redisserver.Server).Kill, false},
		"cluster, killed":          {redisserver.Options{Cluster: true}, (*redisserver.Server).Kill, true},
		"cluster, volatile": {redisserver.Options{Cluster: true, Volatile: true}, (*redisserver.Server).Stop,
			false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redisserver.ForTest(t, c.options)
			addr := server.Addr()
			set(t, server, "key", "value")
			if err := c.end(server); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(name, "running") && !refuses(addr) {
				t.Error("something listens yet")
			}
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			if server.Addr() != addr {
				t.Errorf("the address was %s and is %s", addr, server.Addr())
			}
			want := ""
			if c.kept {
				want = "value"
			}
			if got := get(t, server, "key"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			set(t, server, "another", "value")
		})
	}
}

func TestAClusterIsOneNodeWithAllSlots(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{Cluster: true})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.Addr()}})
	defer func() { _ = client.Close() }()
	for i := range 100 {
		if err := client.Set(t.Context(), fmt.Sprint("key", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := client.ClusterInfo(t.Context()).Result()
	if err != nil || !strings.Contains(info, "cluster_known_nodes:1\r\n") ||
		!strings.Contains(info, "cluster_slots_ok:16384\r\n") {
		t.Errorf("%s, %v", info, err)
	}
}

func TestSeveralServersRunSideBySide(t *testing.T) {
	t.Parallel()
	redisserver.Need(t)
	var group sync.WaitGroup
	servers := make([]*redisserver.Server, 4)
	for i := range servers {
		group.Go(func() {
			var err error
			servers[i], err = redisserver.Start(context.Background(), redisserver.Options{Volatile: true})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i, server := range servers {
		if server == nil {
			continue
		}
		set(t, server, "key", fmt.Sprint(i))
	}
	for i, server := range servers {
		if server == nil {
			continue
		}
		if got := get(t, server, "key"); got != fmt.Sprint(i) {
			t.Errorf("server %d has the data of %s", i, got)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestEndingAServerAgainIsNoError(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{Volatile: true})
	// It can also end by itself, here because it is told to by a client.
	withClient(t, server, func(ctx context.Context, client *redis.Client) { client.ShutdownNoSave(ctx) })
	for range 2 {
		if err := errors.Join(server.Stop(), server.Kill()); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := server.Restart(t.Context()); err == nil {
		t.Error("a closed server was restarted")
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	server := redisserver.ForTest(t, redisserver.Options{})
	if found, err := os.ReadDir(os.TempDir()); err != nil || len(found) != 1 {
		t.Fatalf("the data is not where it is looked for: %v, %v", found, err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if found, err := os.ReadDir(os.TempDir()); err != nil || len(found) != 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
	if !refuses(server.Addr()) {
		t.Error("something listens yet")
	}
}

func TestARestartSaysThatThePortIsTaken(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	set(t, server, "key", "value")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	squatter, err := net.Listen("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("got %v", err)
	}
	if err := squatter.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := get(t, server, "key"); got != "value" {
		t.Errorf("got %q", got)
	}
}

// fakeServer puts a program in the place of redis-server.
func fakeServer(t *testing.T, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "redis-server"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	t.Setenv("TMPDIR", t.TempDir())
}

func TestAServerThatEndsAtOnceIsAnError(t *testing.T) {
	fakeServer(t, "exit 3\n")
	_, err := redisserver.Start(t.Context(), redisserver.Options{})
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v", err)
	}
	if found, err := os.ReadDir(os.TempDir()); err != nil || len(found) != 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

func TestAServerThatNeverServesIsGivenUpWithTheContext(t *testing.T) {
	fakeServer(t, "exec /bin/sleep 1000\n")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := redisserver.Start(ctx, redisserver.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if found, err := os.ReadDir(os.TempDir()); err != nil || len(found) != 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

// recorder is a test that notes what is done to it.
type recorder struct{ skipped, failed string }

func (*recorder) Helper()                          {}
func (*recorder) Cleanup(func())                   {}
func (r *recorder) Errorf(format string, a ...any) { r.failed += fmt.Sprintf(format, a...) }
func (r *recorder) Fatalf(format string, a ...any) { r.failed += fmt.Sprintf(format, a...) }
func (r *recorder) Skipf(format string, a ...any)  { r.skipped += fmt.Sprintf(format, a...) }

func TestWithoutRedisATestIsSkippedExceptInCI(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := redisserver.Start(t.Context(), redisserver.Options{}); !errors.Is(err, redisserver.ErrNotInstalled) {
		t.Errorf("got %v", err)
	}
	for ci, want := range map[string]string{"": "skipped", "true": "failed"} {
		t.Setenv("CI", ci)
		for name, ask := range map[string]func(redisserver.T){
			"a server that ForTest starts":   func(t redisserver.T) { redisserver.ForTest(t, redisserver.Options{}) },
			"a server that it starts itself": redisserver.Need,
		} {
			var r recorder
			ask(&r)
			got := map[string]string{"skipped": r.skipped, "failed": r.failed}
			if !strings.Contains(got[want], "redis-server is not installed") || r.skipped != "" && r.failed != "" {
				t.Errorf("%s, with CI=%q: %+v", name, ci, got)
			}
		}
	}
}

func TestAServerDiesWithTheProgramThatStartedIt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux does this")
	}
	redisserver.Need(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(program)
	parent.Env = append(os.Environ(), parentVariable+"=1", "TMPDIR="+t.TempDir())
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	addr := strings.TrimSpace(line)
	if err != nil || refuses(addr) {
		t.Errorf("the program says %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(30 * time.Second); !refuses(addr); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server outlives the program")
		}
	}
}
