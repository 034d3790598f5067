package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	host = "127.0.0.1"
	// Ports are chosen below the range that systems use for outgoing connections: such a connection could otherwise
	// take the port of a stopped server that is about to come back.
	lowestPort, highestPort = 22_001, 32_000
	// attempts is how many ports to try.
	attempts = 20
	// patience is how long a server may take to end before it is killed. It only matters when something is broken.
	patience = 30 * time.Second
	// pause is how long to wait before looking again at a server that is not ready.
	pause = 5 * time.Millisecond
)

// ErrClosed reports that a server was closed and cannot be started again.
var ErrClosed = errors.New("pgserver: the server is closed")

// Options configure a server. With the zero value, whatever it has committed is on disk.
type Options struct {
	// Volatile turns fsync off. That is faster, and loses everything if the machine crashes, though not if the server
	// does.
	Volatile bool
	// Settings are further settings, such as "max_connections". They cannot override those that this package sets.
	Settings map[string]string
}

// Server is a PostgreSQL server. Its methods are safe for concurrent use.
type Server struct {
	binaries binaries
	options  Options
	account  account
	folder   *folder
	port     int

	mu      sync.Mutex
	process *process // nil when the server is not running
	closed  bool
}

// Start starts a server and returns when it accepts connections. The context bounds the start alone, not the life of
// the server. The error wraps ErrNotInstalled if there are no binaries to run.
func Start(ctx context.Context, options Options) (*Server, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("pgserver: %w", err)
	}
	place, err := newFolder(who)
	if err != nil {
		return nil, fmt.Errorf("pgserver: %w", err)
	}
	s := &Server{binaries: found, options: options, account: who, folder: place}
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin fills the data folder and starts the server for the first time.
func (s *Server) begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.initialize(ctx); err != nil {
		return err
	}
	for range attempts {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		s.port = port
		// Somebody else may have taken the port since.
		if err = s.run(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return fmt.Errorf("pgserver: no free port in %d attempts", attempts)
}

// freePort returns a port that nobody listens on.
func freePort(ctx context.Context) (int, error) {
	var last error
	for range attempts {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1) //nolint:gosec // a port need not be hard to guess
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("pgserver: finding a free port: %w", last)
}

// URL returns the address of the database postgres, for its superuser, who needs no password. A restart does not change
// it.
func (s *Server) URL() string {
	return "postgres://postgres@" + net.JoinHostPort(host, strconv.Itoa(s.port)) + "/postgres?sslmode=disable"
}

// Stop shuts the server down: it rolls back open transactions, closes connections and writes everything to disk. Stop
// returns when the server has ended. Stopping a server that is not running does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(syscall.SIGINT)
}

// Kill crashes the server: all of its processes stop at once and write nothing more, so that it has to recover when it
// starts again. Kill returns when the server has ended. Killing a server that is not running does nothing.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// SIGQUIT is PostgreSQL's own crash: one SIGKILL would leave the other processes and the shared memory behind.
	return s.end(syscall.SIGQUIT)
}

// Restart starts the server again on the same port and with the same data, after stopping it if it is running. It
// returns when the server has recovered and accepts connections.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.end(syscall.SIGINT); err != nil {
		return err
	}
	return s.run(ctx)
}

// Close ends the server and removes its data. Closing it twice is fine.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	// The data is thrown away, so there is no point in writing it first.
	return errors.Join(s.end(syscall.SIGQUIT), s.folder.remove())
}

// initdb makes the data folder.
func (s *Server) initdb(ctx context.Context) error {
	p, err := s.launch(s.binaries.initdb, "--pgdata", s.data(), "--username", "postgres", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return fmt.Errorf("pgserver: starting initdb: %w", err)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = p.end(syscall.SIGINT) // initdb ends its own children.
		return fmt.Errorf("pgserver: waiting for initdb: %w", ctx.Err())
	}
	if p.err != nil {
		return fmt.Errorf("pgserver: initdb: %w: %s", p.err, s.lastLines())
	}
	return nil
}

// run starts the server on its port and waits until it is ready.
func (s *Server) run(ctx context.Context) error {
	fsync := "on"
	if s.options.Volatile {
		fsync = "off"
	}
	arguments := []string{"-D", s.data(), "-p", strconv.Itoa(s.port)}
	for _, name := range slices.Sorted(maps.Keys(s.options.Settings)) {
		arguments = append(arguments, "-c", name+"="+s.options.Settings[name])
	}
	// The last setting of a name wins.
	arguments = append(arguments, "-c", "listen_addresses="+host, "-c", "unix_socket_directories=", "-c",
		"fsync="+fsync, "-c", "logging_collector=off", "-c", "log_destination=stderr")
	p, err := s.launch(s.binaries.postgres, arguments...)
	if err != nil {
		return fmt.Errorf("pgserver: starting postgres: %w", err)
	}
	if err := s.ready(ctx, p); err != nil {
		return errors.Join(err, p.end(syscall.SIGQUIT))
	}
	s.process = p
	return nil
}

var errPortTaken = errors.New("pgserver: another program has taken the port")

// ready returns when the server accepts connections. It learns that from postmaster.pid, as pg_ctl does, since the file
// names the process: whatever answers on the port could be another server.
func (s *Server) ready(ctx context.Context, p *process) error {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		content, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
		if err == nil {
			lines := strings.Split(string(content), "\n")
			if len(lines) > 7 && lines[0] == strconv.Itoa(p.id) && strings.TrimSpace(lines[7]) == "ready" {
				return nil
			}
		}
		select {
		case <-ticker.C:
		case <-p.done:
			log := s.lastLines()
			if strings.Contains(log, "Address already in use") {
				return errPortTaken
			}
			return fmt.Errorf("pgserver: postgres ended at once: %w: %s", p.err, log)
		case <-ctx.Done():
			return fmt.Errorf("pgserver: waiting for the server: %w: %s", ctx.Err(), s.lastLines())
		}
	}
}

// end sends a signal to the server, if it is running, and returns when it has ended.
func (s *Server) end(signal os.Signal) error {
	p := s.process
	s.process = nil
	if p == nil {
		return nil
	}
	return p.end(signal)
}

func (s *Server) data() string { return filepath.Join(s.folder.path, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder.path, "log") }

// lastLines returns the end of the last process's log.
func (s *Server) lastLines() string {
	const most = 2000
	content, err := os.ReadFile(s.log())
	if err != nil {
		return "no log: " + err.Error()
	}
	return strings.TrimSpace(string(content[max(0, len(content)-most):]))
}
