package redisserver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	host = "127.0.0.1"
	// Ports are chosen below the range that systems use for outgoing connections: a client that dials a stopped server
	// could otherwise be given the very port that the server needs to come back.
	lowestPort, highestPort = 10_000, 22_000
	// busOffset is how far above its port a cluster node's bus port is.
	busOffset = 10_000
	// attempts is how many ports to try.
	attempts = 20
	// patience is how long a server may take to serve or to stop. It is generous, and only matters when something is
	// broken.
	patience = 30 * time.Second
	// pause is how long to wait before asking a server again that is not ready.
	pause = 5 * time.Millisecond
)

// ErrNotInstalled reports that this machine has no redis-server to run.
var ErrNotInstalled = errors.New("redisserver: redis-server is not installed")

// Options configure a server. With the zero value it runs alone, and whatever it has acknowledged is on disk.
type Options struct {
	// Cluster makes the server a cluster of one node. Redis then takes two seconds longer to start.
	Cluster bool
	// Volatile keeps nothing on disk: however the server ends, it starts again empty.
	Volatile bool
}

// Server is a Redis server. Its methods are safe for concurrent use.
type Server struct {
	binary  string
	folder  string
	port    int
	options Options

	mu      sync.Mutex
	process *process // nil when the server is stopped
	closed  bool
}

// process is a run of redis-server.
type process struct {
	*os.Process
	ended chan struct{} // closed when the process is gone
	err   error         // how it ended; valid once ended is closed
}

// Start runs a server and waits until it serves. It fails with ErrNotInstalled if there is none to run. The context
// bounds the start alone; the server runs until it is closed. On Linux it dies with this process, however that ends.
func Start(ctx context.Context, options Options) (*Server, error) {
	binary, err := find()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "redisserver-")
	if err != nil {
		return nil, fmt.Errorf("redisserver: make a folder: %w", err)
	}
	s := &Server{binary: binary, folder: folder, options: options}
	for range attempts {
		if s.port, err = freePort(ctx, options.Cluster); err != nil {
			break
		}
		// Another program may take the port before the server does; then the next port is tried.
		if err = s.run(ctx); err == nil || !s.portTaken() {
			break
		}
	}
	if err == nil && options.Cluster {
		err = s.found(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// find returns the program to run.
func find() (string, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotInstalled, err)
	}
	return binary, nil
}

// freePort returns a port that nobody listens on and, for a cluster, whose bus port is free too.
func freePort(ctx context.Context, cluster bool) (int, error) {
	var config net.ListenConfig
	free := func(port int) error {
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		return listener.Close()
	}
	var err error
	for range attempts {
		port := lowestPort + rand.IntN(highestPort-lowestPort) //nolint:gosec // a port needs to be free, not secret
		if err = free(port); err == nil && cluster {
			err = free(port + busOffset)
		}
		if err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("redisserver: find a free port: %w", err)
}

// Addr returns the host and port that the server listens on. A restart does not change them.
func (s *Server) Addr() string { return net.JoinHostPort(host, strconv.Itoa(s.port)) }

// Restart runs the server again at the same address, with the data that it kept, and waits until it serves. It stops a
// server that is still running first.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.run(ctx)
}

// Stop asks the server to end and waits until it has. Stopping a server that has ended already does nothing.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server at once, as a crash would, and waits until it is gone. Killing a server that has ended already
// does nothing.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Close ends the server and removes its data. It cannot be restarted.
func (s *Server) Close() error {
	err := s.Kill()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	removeErr := os.RemoveAll(s.folder)
	// A child that rewrites the append-only file outlives the server for a moment, and makes another file.
	for deadline := time.Now().Add(patience); removeErr != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		removeErr = os.RemoveAll(s.folder)
	}
	if removeErr != nil {
		err = errors.Join(err, fmt.Errorf("redisserver: remove the data: %w", removeErr))
	}
	return err
}

func (s *Server) end(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	if err := s.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("redisserver: end the server: %w", err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-s.process.ended:
	case <-timer.C:
		return fmt.Errorf("redisserver: the server does not end within %s of a %s", patience, signal)
	}
	s.process = nil
	return nil
}

// arguments returns the whole configuration: redis-server reads no file unless it is given one.
func (s *Server) arguments() []string {
	list := []string{
		"--bind", host, "--port", strconv.Itoa(s.port), "--dir", s.folder, "--logfile", s.logFile(), "--daemonize",
		"no",
		"--save", "", // no snapshots: the append-only file has everything
		"--auto-aof-rewrite-percentage", "0", // and nothing forks in the middle of a measurement
	}
	if s.options.Volatile {
		list = append(list, "--appendonly", "no")
	} else {
		list = append(list, "--appendonly", "yes", "--appendfsync", "always")
	}
	if s.options.Cluster {
		list = append(list, "--cluster-enabled", "yes", "--cluster-announce-ip", host)
	}
	return list
}

func (s *Server) logFile() string { return filepath.Join(s.folder, "redis.log") }

// run starts the process and waits until it serves.
func (s *Server) run(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("redisserver: the server is closed")
	}
	if s.process != nil {
		return errors.New("redisserver: the server is running")
	}
	// The log of an earlier run would be mistaken for this one's.
	if err := os.Remove(s.logFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("redisserver: remove the old log: %w", err)
	}
	p, err := launch(s.binary, s.arguments())
	if err != nil {
		return fmt.Errorf("redisserver: start: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = poll(ctx, p, func(ctx context.Context) error { return s.ready(ctx, p.Pid) })
	if err == nil {
		s.process = p
		return nil
	}
	if killErr := p.Kill(); killErr != nil && !errors.Is(killErr, os.ErrProcessDone) {
		err = errors.Join(err, killErr)
	}
	<-p.ended
	return fmt.Errorf("redisserver: start: %w; its log ends with %q", err, s.lastLines(3))
}

// launch starts a process from a thread that does nothing else: on Linux a child can be told to die with its parent,
// and that parent is the thread that started it, not the process.
func launch(binary string, arguments []string) (*process, error) {
	command := exec.Command(binary, arguments...) //nolint:noctx // it outlives the context of its start
	command.SysProcAttr = attributes()
	p := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		p.Process = command.Process
		started <- err
		if err != nil {
			return
		}
		p.err = command.Wait()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// poll asks until there is no error, the process has ended, or the context is done. When the process ends, so does a
// question under way: a stranger on its port may listen and never answer.
func poll(ctx context.Context, p *process, ask func(context.Context) error) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.ended:
			cancel()
		case <-asking.Done():
		}
	}()
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		err := ask(asking)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the server ended: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}

// ready returns nil once the process serves and, if it belongs to a cluster with slots, the cluster is up.
func (s *Server) ready(ctx context.Context, pid int) error {
	info, err := s.ask(ctx, "INFO server")
	if err != nil {
		return err
	}
	if field(info, "process_id") != strconv.Itoa(pid) {
		return errors.New("another server answers")
	}
	// While it loads its data, it refuses all but a few commands.
	if _, err := s.ask(ctx, "PING"); err != nil {
		return err
	}
	if !s.options.Cluster {
		return nil
	}
	if info, err = s.ask(ctx, "CLUSTER INFO"); err != nil {
		return err
	}
	if field(info, "cluster_slots_assigned") != "0" && field(info, "cluster_state") != "ok" {
		return errors.New("the cluster is not ready")
	}
	return nil
}

// found assigns all slots of a new cluster to its only node, and waits until it serves them.
func (s *Server) found(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// Slot by slot, since ranges need Redis 7, and not all at once, since that is more than Redis reads in one line.
	const slots, atOnce = 16384, 4096
	for first := 0; first < slots; first += atOnce {
		command := []byte("CLUSTER ADDSLOTS")
		for slot := first; slot < first+atOnce; slot++ {
			command = strconv.AppendInt(append(command, ' '), int64(slot), 10)
		}
		if _, err := s.ask(ctx, string(command)); err != nil {
			return fmt.Errorf("redisserver: found a cluster: %w", err)
		}
	}
	if err := poll(ctx, s.process, func(ctx context.Context) error { return s.ready(ctx, s.process.Pid) }); err != nil {
		return fmt.Errorf("redisserver: found a cluster: %w", err)
	}
	return nil
}

// portTaken says whether the log complains about the port.
func (s *Server) portTaken() bool { return strings.Contains(s.lastLines(10), "Address already in use") }

// lastLines returns the end of the log.
func (s *Server) lastLines(n int) string {
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
