package torture

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
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
		listener, address, err := process.Listen()
		if err != nil {
			return nil, err
		}
		f.urls = append(f.urls, "http://"+address)
		s := &server{command: command, config: told, listener: listener, failed: failed}
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
	process *process.Process // nil when there is none
}

func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := process.Start(s.command, s.config, s.listener)
	if err != nil {
		return err
	}
	go func() {
		<-p.Done()
		if !p.Killed() {
			s.failed(fmt.Errorf("a server ended that nobody had killed: %w", p.Err()))
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
	return p.Kill()
}
