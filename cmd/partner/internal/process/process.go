package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
)

// Process is a process that was started. Kill ends it, and whoever does not wait for its end calls Kill.
type Process struct {
	command *exec.Cmd
	stdin   io.Closer
	output  ending
	done    chan struct{}
	err     error

	mu     sync.Mutex
	killed bool
}

// Start starts a process. It finds config on its standard input, which stays open as long as it is to run, and what it
// inherits, if that is not nil, as InheritedListener.
func Start(command []string, config []byte, inherits *os.File) (*Process, error) {
	p := &Process{
		command: exec.Command(command[0], command[1:]...), //nolint:noctx // it is killed, which is the point
		done:    make(chan struct{}),
	}
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if inherits != nil {
		p.command.ExtraFiles = []*os.File{inherits}
	}
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	p.stdin = stdin
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	// A pipe takes some pages at once, whether somebody reads or not. If the process is gone already, Wait tells.
	_, _ = stdin.Write(config)
	go func() {
		defer close(p.done)
		if err := p.command.Wait(); err != nil {
			p.err = fmt.Errorf("%w: %s", err, p.output.String())
		}
	}()
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the process ended, with the last that it printed, and nil if it ended well. It must have ended.
func (p *Process) Err() error { return p.err }

// Killed reports whether somebody has begun to kill the process.
func (p *Process) Killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed
}

// Kill ends the process with SIGKILL, and returns when it is gone. It is not an error if it is gone already.
func (p *Process) Kill() error {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	err := p.command.Process.Kill()
	<-p.done
	_ = p.stdin.Close()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill a process: %w", err)
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

// Listen returns a listener on a free port of the loopback interface, as a file that processes can inherit one after
// the other, and its address. While none of them runs, nobody else can get the port, and whoever connects waits.
func Listen() (*os.File, string, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	file, err := listener.File()
	if err = errors.Join(err, listener.Close()); err != nil { // The file keeps it open.
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	return file, listener.Addr().String(), nil
}

// listenerFD is where a process finds its listener: the first file after the standard ones.
const listenerFD = 3

// InheritedListener returns the listener that this process was started with.
func InheritedListener() (net.Listener, error) {
	file := os.NewFile(listenerFD, "listener")
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("inherit a listener: %w", err)
	}
	_ = file.Close() // It was duplicated.
	return listener, nil
}

// Attach returns a context that also ends with stdin, which does when the process that has started this one is gone.
// What was told there must have been read. An interrupt at the terminal is left to the other process from now on, which
// then ends this one.
func Attach(ctx context.Context, stdin io.Reader) (context.Context, context.CancelFunc) {
	signal.Ignore(os.Interrupt)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	return ctx, cancel
}
