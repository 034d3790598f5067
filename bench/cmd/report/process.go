package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// maxReady is how long a process may take until it answers, and stopGrace how long until it has ended.
	maxReady, stopGrace = time.Minute, 10 * time.Second
	// readyStep is the pause between two attempts to be answered, and so the error of the time that they took.
	readyStep = 500 * time.Microsecond
)

// service is a program that serves.
type service struct {
	name string
	// command returns the program with its arguments, for the host and port that it is to listen on.
	command func(host, port string) []string
	// probe is the path that is asked for until there is an answer.
	probe string
}

// process is a service that runs.
type process struct {
	url string
	id  int
	// ready is the time from its start to the first answer.
	ready time.Duration
	stop  func()
}

// start runs a service on a free port of the loopback interface, and returns when it answers.
func (s service) start(ctx context.Context) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	arguments := s.command(host, port)
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	// Whoever started this program may have it ignore interrupts, and then so does what it starts.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopGrace
	var complaints bytes.Buffer
	command.Stderr = &complaints
	began := time.Now()
	if err := command.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	exited := make(chan struct{})
	go func() {
		_ = command.Wait() // Its state tells as much.
		close(exited)
	}()
	p := &process{url: "http://" + address, id: command.Process.Pid, stop: func() { cancel(); <-exited }}
	if err := answered(ctx, p.url+s.probe, exited); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w: %v: %s", s.name, err, command.ProcessState, complaints.String())
	}
	p.ready = time.Since(began)
	return p, nil
}

// freeAddress returns an address that nobody listens on, and that nobody is given again soon.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// answered returns when a URL is answered, with whatever status, or an error when the process has ended before.
func answered(ctx context.Context, url string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, maxReady)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	pause := time.NewTicker(readyStep)
	defer pause.Stop()
	for {
		response, err := client.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			return errors.Join(err, response.Body.Close())
		}
		select {
		case <-exited:
			return errors.New("it ended before it answered")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w", err)
		case <-pause.C:
		}
	}
}

// resident returns the memory that a process has resident and had at most, in bytes. Linux alone tells.
func (p *process) resident() (now, most int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.id))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		for wanted, figure := range map[string]*int64{"VmRSS": &now, "VmHWM": &most} {
			if name != wanted {
				continue
			}
			if _, err := fmt.Sscanf(value, "%d kB", figure); err != nil {
				return 0, 0, fmt.Errorf("%s of a process: %w", name, err)
			}
			*figure <<= 10
		}
	}
	if now == 0 || most == 0 {
		return 0, 0, errors.New("the system does not tell what memory a process has")
	}
	return now, most, nil
}

// compile builds a program from within a module.
func compile(ctx context.Context, module, output, program string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", output, program)
	command.Dir = module
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", program, err, text)
	}
	return nil
}
