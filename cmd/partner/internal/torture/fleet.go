package torture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// fleet is the server processes. Their listeners belong to this process: while a server is down, nobody else can get
// its port, and whoever connects waits for the next one.
type fleet struct {
	servers []*server
	urls    []string
}

// startFleet starts servers. It calls failed if one ends that nobody has killed.
func startFleet(command []string, count int, config serverConfig, failed func(error)) (_ *fleet, err error) {
	f := new(fleet)
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	told, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	for range count {
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
		file, err := listener.File()
		f.urls = append(f.urls, "http://"+listener.Addr().String())
		if err = errors.Join(err, listener.Close()); err != nil { // The file keeps it open.
			return nil, fmt.Errorf("listen: %w", err)
		}
		s := &server{command: command, config: told, listener: file, failed: failed}
		f.servers = append(f.servers, s)
		if err := s.start(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// close kills all servers and returns when they are gone. Closing again is not an error.
func (f *fleet) close() error {
	var errs []error
	for _, s := range f.servers {
		errs = append(errs, s.kill(), s.listener.Close())
	}
	f.servers = nil
	return errors.Join(errs...)
}

// server is a server process, and those that follow it at the same address.
type server struct {
	command  []string
	config   []byte
	listener *os.File
	failed   func(error)

	mu      sync.Mutex
	process *process // nil when there is none
}

// process is one run of a server.
type process struct {
	*exec.Cmd
	stdin  io.Closer
	output ending
	// killed is closed before the process is killed, and ended when it is gone.
	killed, ended chan struct{}
}

func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &process{
		Cmd:    exec.Command(s.command[0], s.command[1:]...), //nolint:noctx // it is killed, which is the point
		killed: make(chan struct{}), ended: make(chan struct{}),
	}
	p.Stdout, p.Stderr, p.ExtraFiles = &p.output, &p.output, []*os.File{s.listener}
	stdin, err := p.StdinPipe()
	if err != nil {
		return fmt.Errorf("start a server: %w", err)
	}
	p.stdin = stdin
	if err := p.Start(); err != nil {
		return fmt.Errorf("start a server: %w", err)
	}
	// A pipe takes this much at once, whether somebody reads or not. It stays open as long as the server is to run. If
	// the server is gone already, that is found out below.
	_, _ = stdin.Write(s.config)
	go func() {
		defer close(p.ended)
		ended := p.Wait()
		select {
		case <-p.killed:
		default:
			s.failed(fmt.Errorf("a server ended that nobody had killed: %w: %s", ended, p.output.String()))
		}
	}()
	s.process = p
	return nil
}

// kill ends the process with SIGKILL, and returns when it is gone. It is not an error if there is none.
func (s *server) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process
	if p == nil {
		return nil
	}
	s.process = nil
	close(p.killed)
	err := p.Process.Kill()
	<-p.ended
	_ = p.stdin.Close()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill a server: %w", err)
	}
	return nil
}

// ending keeps the end of what a process prints.
type ending struct {
	mu   sync.Mutex
	text []byte
}

func (e *ending) Write(p []byte) (int, error) {
	const most = 2000
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = append(e.text, p...)
	e.text = e.text[max(0, len(e.text)-most):]
	return len(p), nil
}

func (e *ending) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.TrimSpace(string(e.text))
}
