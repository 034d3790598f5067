package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// process is one run of a program.
type process struct {
	*os.Process
	id int
	// done is closed when it has ended; err says how.
	done chan struct{}
	err  error
}

// launch runs a program in the server's folder, under its account, with its output in the log.
func (s *Server) launch(program string, arguments ...string) (*process, error) {
	log, err := os.Create(s.log())
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	command := exec.Command(program, arguments...) //nolint:noctx // it outlives the call, and a signal ends it
	command.Dir = s.folder.path
	command.Stdout, command.Stderr = log, log
	s.account.prepare(command, s.folder.lock)
	for _, variable := range os.Environ() {
		// Variables for clients must not reach this server, and its messages have to be in English to be understood.
		if !strings.HasPrefix(variable, "PG") && !strings.HasPrefix(variable, "LC_") &&
			!strings.HasPrefix(variable, "LANG") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "LC_ALL=C")

	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// A child that dies with its parent really dies with the thread that started it, so that thread has to live on.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		if err == nil {
			p.Process, p.id = command.Process, command.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = command.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// end sends a signal and waits until the process has ended, killing it if it takes too long. Its exit status is
// ignored.
func (p *process) end(signal os.Signal) error {
	// Some systems can only kill.
	if err := p.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = p.Kill()
	}
	// SIGQUIT comes before SIGKILL, which would leave shared memory behind.
	for _, next := range []os.Signal{syscall.SIGQUIT, os.Kill} {
		timer := time.NewTimer(patience)
		select {
		case <-p.done:
			timer.Stop()
			return nil
		case <-timer.C:
			_ = p.Signal(next)
		}
	}
	<-p.done
	return fmt.Errorf("pgserver: the server did not end within %s and was killed", 2*patience)
}
