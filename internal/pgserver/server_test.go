package pgserver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/internal/pgserver"
)

// parent in the environment makes the test binary a program that starts a server and waits to be killed.
const parent = "PGSERVER_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parent) != "" {
		beParent()
		return
	}
	goleak.VerifyTestMain(m)
}

func beParent() {
	server, err := pgserver.Start(context.Background(), pgserver.Options{Volatile: true})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println(server.URL())
	select {}
}

func connect(t *testing.T, server *pgserver.Server) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	return connection
}

func execute(t *testing.T, connection *pgx.Conn, sql string) {
	t.Helper()
	if _, err := connection.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func value(t *testing.T, connection *pgx.Conn, sql string) (value string) {
	t.Helper()
	if err := connection.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func refuses(t *testing.T, url string) bool {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return true
	}
	_ = connection.Close(context.Background())
	return false
}

// folders are the temporary folders of servers.
func folders(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "partner-postgres-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// temporary makes a folder of this test's own the one for temporary files. The user that runs the server can get there.
func temporary(t *testing.T) {
	t.Helper()
	folder, err := os.MkdirTemp("", "pgserver-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", folder)
}

func TestWhatIsCommittedOutlivesTheEndOfTheServer(t *testing.T) {
	server := pgserver.ForTest(t, pgserver.Options{})
	execute(t, connect(t, server), "CREATE TABLE facts (fact text)")
	url := server.URL()
	for _, end := range []struct {
		name  string
		do    func() error
		state string // what is on the disk says how it ended
	}{
		{"stopped", server.Stop, "shut down"},
		{"killed", server.Kill, "in production"},
	} {
		t.Run(end.name, func(t *testing.T) {
			connection := connect(t, server)
			execute(t, connection, fmt.Sprintf("INSERT INTO facts VALUES ('%s')", end.name))
			execute(t, connection, "BEGIN")
			execute(t, connection, "INSERT INTO facts VALUES ('never committed')")
			if err := end.do(); err != nil {
				t.Fatal(err)
			}
			if _, err := connection.Exec(t.Context(), "COMMIT"); err == nil {
				t.Error("a connection survived the end of its server")
			}
			if !refuses(t, url) {
				t.Error("the server is still there")
			}
			if err := end.do(); err != nil {
				t.Errorf("ending it again: %v", err)
			}
			if state := clusterState(t); state != end.state {
				t.Errorf("the data is of a server that is %q, want %q", state, end.state)
			}
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			if server.URL() != url {
				t.Errorf("it came back at %s, was at %s", server.URL(), url)
			}
			connection = connect(t, server)
			if got := value(t, connection, "SELECT count(*)::text FROM facts WHERE fact = '"+end.name+"'"); got != "1" {
				t.Errorf("the fact is there %s times", got)
			}
			if got := value(t, connection,
				"SELECT count(*)::text FROM facts WHERE fact = 'never committed'"); got != "0" {
				t.Error("what was not committed is there")
			}
		})
	}
}

// clusterState reads how the only server's data was left.
func clusterState(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_controldata")
	if err != nil || len(paths) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no pg_controldata")
		}
		t.Skip("there is no pg_controldata")
	}
	output, err := exec.Command(paths[len(paths)-1], filepath.Join(own(t), "data")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for line := range strings.Lines(string(output)) {
		if state, ok := strings.CutPrefix(line, "Database cluster state:"); ok {
			return strings.TrimSpace(state)
		}
	}
	t.Fatalf("no state in %s", output)
	return ""
}

// own is the folder of the only server that this program runs: it has the lock open.
func own(t *testing.T) string {
	t.Helper()
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, descriptor := range descriptors {
		// The lock was renamed when it was open; Linux tells its new name.
		if path, err := os.Readlink(descriptor); err == nil && strings.Contains(path, "partner-postgres-") {
			return filepath.Dir(path)
		}
	}
	if runtime.GOOS == "linux" {
		t.Fatal("the folder of the server cannot be found")
	}
	t.Skip("only Linux tells what folder an open file is in")
	return ""
}

func TestWhatIsOnDiskIsUpToTheOptions(t *testing.T) {
	for _, c := range []struct {
		name    string
		options pgserver.Options
		fsync   string
	}{
		{"volatile when asked for, with further settings",
			pgserver.Options{Volatile: true, Settings: map[string]string{"work_mem": "5MB"}}, "off"},
		{"durable by default, which settings cannot change",
			pgserver.Options{Settings: map[string]string{"fsync": "off", "listen_addresses": "*"}}, "on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			connection := connect(t, pgserver.ForTest(t, c.options))
			if got := value(t, connection, "SHOW fsync"); got != c.fsync {
				t.Errorf("fsync is %s, want %s", got, c.fsync)
			}
			if got := value(t, connection, "SHOW listen_addresses"); got != "127.0.0.1" {
				t.Errorf("it listens on %s", got)
			}
			if got := value(t, connection, "SHOW unix_socket_directories"); got != "" {
				t.Errorf("it has sockets in %s", got)
			}
			want := c.options.Settings["work_mem"]
			if got := value(t, connection, "SHOW work_mem"); want != "" && got != want {
				t.Errorf("work_mem is %s, want %s", got, want)
			}
		})
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	temporary(t)
	server := pgserver.ForTest(t, pgserver.Options{Volatile: true})
	if len(folders(t)) != 1 {
		t.Fatalf("there are %d folders: the test looks in the wrong place", len(folders(t)))
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if left := folders(t); len(left) != 0 {
		t.Errorf("left behind: %s", left)
	}
	if !refuses(t, server.URL()) {
		t.Error("the server is still there")
	}
	if err := server.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := server.Restart(t.Context()); !errors.Is(err, pgserver.ErrClosed) {
		t.Errorf("starting a closed server: %v", err)
	}
}

func TestAStartThatFailsLeavesNothingBehind(t *testing.T) {
	pgserver.Need(t)
	temporary(t)
	if _, err := pgserver.Start(t.Context(), pgserver.Options{
		Settings: map[string]string{"max_connections": "none"}}); err == nil {
		t.Error("the server started with an absurd setting")
	} else if !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("the error does not say what is wrong: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pgserver.Start(ctx, pgserver.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the server started for nobody: %v", err)
	}
	if left := folders(t); len(left) != 0 {
		t.Errorf("left behind: %s", left)
	}
}

// recorder is a T that notes what is asked of it.
type recorder struct {
	ctx             context.Context
	skipped, failed string
}

func (*recorder) Helper()                          {}
func (*recorder) Cleanup(func())                   {}
func (r *recorder) Errorf(format string, a ...any) { r.failed += fmt.Sprintf(format, a...) }
func (r *recorder) Fatalf(format string, a ...any) { r.failed += fmt.Sprintf(format, a...) }
func (r *recorder) Skipf(format string, a ...any)  { r.skipped += fmt.Sprintf(format, a...) }
func (r *recorder) Context() context.Context       { return r.ctx }

func TestWithoutPostgreSQLATestIsSkippedExceptInCI(t *testing.T) {
	restore := pgserver.HideBinaries()
	defer restore()
	t.Setenv("PATH", "")
	if _, err := pgserver.Start(t.Context(), pgserver.Options{}); !errors.Is(err, pgserver.ErrNotInstalled) {
		t.Errorf("got %v", err)
	}
	for _, ask := range []struct {
		name string
		do   func(pgserver.T) *pgserver.Server
	}{
		{"a server of its own", func(t pgserver.T) *pgserver.Server { return pgserver.ForTest(t, pgserver.Options{}) }},
		{"a shared server", new(pgserver.Shared).ForTest},
		{"a server that it starts itself", func(t pgserver.T) *pgserver.Server { pgserver.Need(t); return nil }},
	} {
		t.Run(ask.name, func(t *testing.T) {
			t.Setenv("CI", "")
			r := &recorder{ctx: t.Context()}
			ask.do(r)
			if !strings.Contains(r.skipped, "install the package postgresql") || r.failed != "" {
				t.Errorf("skipped %q, failed %q", r.skipped, r.failed)
			}
			t.Setenv("CI", "true")
			r = &recorder{ctx: t.Context()}
			ask.do(r)
			if r.skipped != "" || !strings.Contains(r.failed, "not installed") {
				t.Errorf("in CI skipped %q, failed %q", r.skipped, r.failed)
			}
		})
	}
}

func TestASharedServerIsOne(t *testing.T) {
	pgserver.Need(t)
	shared := pgserver.Shared{Options: pgserver.Options{Volatile: true}}
	defer func() {
		if err := shared.Close(); err != nil {
			t.Error(err)
		}
		if err := new(pgserver.Shared).Close(); err != nil {
			t.Errorf("closing what nobody asked for: %v", err)
		}
	}()
	urls := make(map[string]bool)
	for i := range 3 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			server := shared.ForTest(t)
			urls[server.URL()] = true
			if got := value(t, connect(t, server), "SELECT 'alive'"); got != "alive" {
				t.Error(got)
			}
		})
	}
	if len(urls) != 1 {
		t.Errorf("three tests had %d servers", len(urls))
	}
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	connection, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = connection.Close(ctx) }()
}

// Only the first server of a program is made by initdb; what the others get is the same, and theirs alone.
func TestEachServerHasADatabaseOfItsOwn(t *testing.T) {
	for range 3 {
		connection := connect(t, pgserver.ForTest(t, pgserver.Options{Volatile: true}))
		execute(t, connection, "CREATE TABLE own (n int)")
		execute(t, connection, "CREATE DATABASE another")
		if got := value(t, connection, "SELECT string_agg(datname, ' ' ORDER BY oid) FROM pg_database"); got !=
			"template1 template0 postgres another" {
			t.Errorf("there are the databases %s", got)
		}
	}
}
