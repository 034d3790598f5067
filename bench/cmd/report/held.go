package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// What a connection of a stranger may hold in memory beyond an idle one of net/http, and an upload until its signature
// is known to be right.
const maxConnection, maxUpload = 64 << 10, 1 << 20

// heldChild marks, in the environment, the process that serves and says how much memory it holds.
const heldChild = "PARTNER_BENCH_HELD"

// heldIfChild serves and does not return, in a process that reportHeld started.
func heldIfChild() {
	if os.Getenv(heldChild) == "" {
		return
	}
	if err := serveHeld(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveHeld serves net/http alone and pkg/server, prints their addresses, and then says how much memory it holds
// whenever it is asked.
func serveHeld() error {
	guarded, err := bench.GuardedServer()
	if err != nil {
		return err
	}
	plain := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		ReadHeaderTimeout: server.ReadHeaderTimeout}
	// Nothing ends by itself while it is measured. Of HTTP/2, net/http keeps what it knows of a connection until the
	// IdleTimeout after its end, which is not what is measured here.
	guarded.ReadTimeout, guarded.ReadHeaderTimeout, guarded.WriteTimeout, guarded.IdleTimeout = 0, 0, 0, 0
	var addresses []string
	for i, s := range []*http.Server{plain, guarded} {
		s.Protocols = new(http.Protocols)
		s.Protocols.SetHTTP1(true)
		s.Protocols.SetUnencryptedHTTP2(true)
		s.ErrorLog = nil
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addresses = append(addresses, listener.Addr().String())
		if i == 0 {
			go func() { _ = s.Serve(listener) }()
		} else {
			go func() { _ = server.Serve(context.Background(), s, listener, 0) }()
		}
	}
	output := json.NewEncoder(os.Stdout)
	if err := output.Encode(addresses); err != nil {
		return err
	}
	for asked := bufio.NewReader(os.Stdin); ; {
		if _, err := asked.ReadByte(); err != nil {
			return nil //nolint:nilerr // The end of its input is the end of the process.
		}
		var memory runtime.MemStats
		for range 5 { // What is kept in pools goes, too, and stacks shrink step by step.
			runtime.GC()
		}
		runtime.ReadMemStats(&memory)
		if err := output.Encode(memory.HeapAlloc + memory.StackInuse); err != nil {
			return err
		}
	}
}

// holder is a process that serves and says how much memory it holds.
type holder struct {
	plain, guarded string
	input          io.WriteCloser
	output         *json.Decoder
	wait           func() error
}

func startHolder(ctx context.Context) (*holder, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env, command.Stderr = append(os.Environ(), heldChild+"=1"), os.Stderr
	h := &holder{wait: command.Wait}
	if h.input, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.output = json.NewDecoder(output)
	if err := command.Start(); err != nil {
		return nil, err
	}
	var addresses []string
	if err := h.output.Decode(&addresses); err != nil || len(addresses) != 2 {
		_ = h.stop()
		return nil, fmt.Errorf("the servers did not start: %w", err)
	}
	h.plain, h.guarded = addresses[0], addresses[1]
	return h, nil
}

func (h *holder) stop() error { _ = h.input.Close(); return h.wait() }

func (h *holder) held() (bytes int64, err error) {
	if _, err := h.input.Write([]byte{'\n'}); err != nil {
		return 0, err
	}
	return bytes, h.output.Decode(&bytes)
}

// each returns what a connection holds, of many in the same state. It brings them there twice, since the first time
// leaves behind what is kept for the next: goroutines that have ended, and pools.
func (h *holder) each(ctx context.Context, address string, many int, reach func(net.Conn) error) (each int64,
	err error) {
	for range 2 {
		before, err := h.held()
		if err != nil {
			return 0, err
		}
		after, err := h.during(ctx, address, many, reach)
		if err != nil {
			return 0, err
		}
		each = (after - before) / int64(many)
	}
	return each, nil
}

// during returns what is held while there are many connections in a state.
func (h *holder) during(ctx context.Context, address string, many int, reach func(net.Conn) error) (int64, error) {
	var connections []net.Conn
	defer func() {
		for _, conn := range connections {
			_ = conn.Close()
		}
		time.Sleep(500 * time.Millisecond) // The next ones must not share the memory with these.
	}()
	for range many {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return 0, err
		}
		connections = append(connections, conn)
		if err := reach(conn); err != nil {
			return 0, err
		}
	}
	time.Sleep(3 * time.Second) // All that was sent has arrived, and whoever waits a second for others has done so.
	return h.held()
}

// reportHeld shows how much memory a connection holds whose sender has not proven anything.
func reportHeld(ctx context.Context, w io.Writer, o options) error {
	if o.seconds == 0 {
		fmt.Fprintln(w, "Memory of a connection: left out, as -seconds is 0")
		return nil
	}
	fmt.Fprintf(w, "Memory of a connection in the server, beyond an idle one of net/http, heap and stacks\n\n")
	fmt.Fprintln(w, "protocol\tstate\tKiB\tlimit")
	missed := false
	for _, protocol := range []struct {
		name   string
		idle   func(net.Conn) error
		states []state
	}{{"HTTP/1.1", idle1, states1}, {"HTTP/2", idle2, states2}} {
		h, err := startHolder(ctx)
		if err != nil {
			return err
		}
		idle, err := h.each(ctx, h.plain, 100, protocol.idle)
		if err == nil {
			fmt.Fprintf(w, "%s\tidle, net/http\t(%.1f)\t\n", protocol.name, float64(idle)/1024)
		}
		for _, s := range protocol.states {
			if err != nil {
				break
			}
			var each int64
			each, err = h.each(ctx, h.guarded, s.many, s.reach)
			enough := each-idle <= s.limit
			missed = missed || !enough
			fmt.Fprintf(w, "%s\t%s\t%.1f\t≤ %d %s\n", protocol.name, s.name, float64(each-idle)/1024, s.limit>>10,
				met(enough))
		}
		if err := errors.Join(err, h.stop()); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	if missed {
		return errTarget
	}
	return nil
}

// state is how a stranger leaves a connection.
type state struct {
	name  string
	many  int
	limit int64
	reach func(net.Conn) error
}

// fields are headers of different names, of some bytes each.
func fields(n, bytes int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%-*s\r\n", bytes-2, fmt.Sprintf("X%d:", i))
	}
	return b.String()
}

var states1 = []state{
	{"idle", 100, maxConnection, idle1},
	{"headers without an end", 100, maxConnection, write("GET /health HTTP/1.1\r\nHost: x\r\nX-Filling: " +
		strings.Repeat("x", server.MaxHeaderBytes))},
	{"as many headers as are read, without an end", 100, maxConnection, write("GET /health HTTP/1.1\r\nHost: x\r\n" +
		fields(server.MaxHeaderFields, server.MaxHeaderBytes/server.MaxHeaderFields))},
	{"many more headers, without an end", 100, maxConnection, write("GET /health HTTP/1.1\r\nHost: x\r\n" +
		fields(1000, 8))},
	{"many more headers, sent ahead, without an end", 100, maxConnection, write("GET /health HTTP/1.1\r\nHost: x\r\n" +
		"\r\nGET /health HTTP/1.1\r\nHost: x\r\n" + fields(1000, 6))},
	{"a login with as many headers, without an end", 100, maxConnection, write(unfinished("/api/v1/login/",
		"application/json", fields(server.MaxHeaderFields-8, server.MaxHeaderBytes/server.MaxHeaderFields-10),
		4<<10, 4<<10-1))},
	{"a login without an end", 100, maxConnection, write(unfinished("/api/v1/login/", "application/json",
		"X-Filling: "+strings.Repeat("x", server.MaxHeaderBytes-300)+"\r\n", 4<<10, 4<<10-1))},
	{"a stolen token, a body of 32 KiB without an end", 100, maxUpload, write(unfinished(
		"/api/v1/transfers/on-us/", "application/json", bench.StolenToken(), 32<<10, 32<<10-1))},
	{"a stolen token, a body of 1 MiB without an end", 100, maxUpload, write(unfinished(
		"/api/v1/transfers/on-us/", "application/json", bench.StolenToken(), 1<<20, 1<<20-1))},
	{"a stolen token, a file of 12 MiB without an end", 20, maxUpload, write(unfinished(
		"/api/v1/customers/497f6eca-6276-4993-bfeb-53cbbbba6f08/documents/BYLAWS/file/", "application/pdf",
		bench.StolenToken(), 12<<20, 12<<20-1))},
}

var states2 = []state{
	{"idle", 100, maxConnection, idle2},
	{"a login without an end", 100, maxConnection, streams(1, "/api/v1/login/", 4<<10, 0)},
	{"a login with many headers without an end", 100, maxConnection,
		streams(1, "/api/v1/login/", 4<<10, 64*(server.MaxHeaderFields-10))},
	{"an upload to nobody", 100, maxConnection, streams(1, "/api/v1/documents/", 1<<20, 0)},
	{"an upload to nobody with too many headers", 100, maxConnection,
		streams(1, "/api/v1/documents/", 1<<20, server.MaxHeaderBytes-1500)},
	{"a stolen token, a body of 32 KiB without an end", 100, maxUpload, streams(1, stolenPath, 32<<10, 0)},
	{"a stolen token, a body of 1 MiB without an end", 100, maxUpload, streams(1, stolenPath, 1<<20, 0)},
	{"a stolen token, as many bodies as it may have", 50, maxUpload, streams(0, stolenPath, 32<<10, 0)},
	{"as many logins as it may have", 50, maxConnection, streams(0, "/api/v1/login/", 4<<10, 0)},
	{"the same, with many headers", 50, maxConnection,
		streams(0, "/api/v1/login/", 4<<10, 64*(server.MaxHeaderFields-10))},
	{"as many with too many headers as it may have", 50, maxConnection,
		streams(0, "/api/v1/documents/", 1<<20, server.MaxHeaderBytes-1500)},
	{"uploads to nobody, as many as it may have", 100, maxConnection, streams(0, "/api/v1/documents/", 1<<20, 0)},
	{"a frame without an end", 100, maxConnection, largeFrame},
	{"headers without an end", 100, maxConnection, endlessHeaders},
}

// write sends a text and waits for no answer.
func write(text string) func(net.Conn) error {
	return func(conn net.Conn) error {
		_, err := io.WriteString(conn, text)
		return err
	}
}

// unfinished is a request whose body has length bytes, and lacks some of them.
func unfinished(path, media, headers string, length, sent int) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s", path, media,
		headers, length, strings.Repeat(" ", sent))
}

// idle1 has made a request, and may make another.
func idle1(conn net.Conn) error {
	if _, err := io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return errors.Join(err, response.Body.Close())
}

// greet begins an HTTP/2 connection. It returns how many streams the server allows, and its window for a stream.
// Answers are never let out, so that what is answered stays where it is.
func greet(conn net.Conn) (framer *http2.Framer, streams, window uint32, err error) {
	return greetWith(conn, 0)
}

// greetWith is greet with a window for answers.
func greetWith(conn net.Conn, own uint32) (framer *http2.Framer, streams, window uint32, err error) {
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		return nil, 0, 0, err
	}
	framer = http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: own}); err != nil {
		return nil, 0, 0, err
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return nil, 0, 0, err
		}
		settings, ok := frame.(*http2.SettingsFrame)
		if !ok || settings.IsAck() {
			continue
		}
		streams, _ = settings.Value(http2.SettingMaxConcurrentStreams)
		window = 65535
		if value, ok := settings.Value(http2.SettingInitialWindowSize); ok {
			window = value
		}
		return framer, streams, window, framer.WriteSettingsAck()
	}
}

// stolenPath is called with a token that is good, and a signature that is not.
const stolenPath = "/api/v1/transfers/on-us/"

func headers(path string, filling int) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	fields := [][2]string{{":method", "POST"}, {":scheme", "http"}, {":authority", "x"}, {":path", path},
		{"content-type", "application/json"}}
	if path == stolenPath {
		for line := range strings.Lines(bench.StolenToken()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			fields = append(fields, [2]string{strings.ToLower(name), value})
		}
	}
	for _, field := range fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: true})
	}
	for i := 0; i < filling/64; i++ {
		_ = encoder.WriteField(hpack.HeaderField{Name: fmt.Sprintf("x-filling-%d", i),
			Value: strings.Repeat("\x7e", 20), Sensitive: true})
	}
	return block.Bytes()
}

// streams begins as many requests as it is told, or as the server allows, and sends each nearly to its end.
func streams(many uint32, path string, length, filling int) func(net.Conn) error {
	return func(conn net.Conn) error {
		framer, allowed, window, err := greet(conn)
		if err != nil {
			return err
		}
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		if many == 0 {
			many = min(allowed, 250)
		}
		block := headers(path, filling)
		left := 65535 // of the connection's window, until it is told of more
		for i := range many {
			id := 2*i + 1
			if err := writeHeaders(framer, id, block, false); err != nil {
				return err
			}
			for sent := 0; sent < min(length-1, int(window)); {
				n := min(length-1-sent, int(window)-sent, 16<<10, left)
				if n == 0 {
					break
				}
				if err := framer.WriteData(id, false, bytes.Repeat([]byte{' '}, n)); err != nil {
					return err
				}
				sent, left = sent+n, left-n
			}
		}
		return nil
	}
}

func writeHeaders(framer *http2.Framer, id uint32, block []byte, end bool) error {
	first := block[:min(len(block), 16<<10)]
	rest := block[len(first):]
	err := framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: first, EndHeaders: len(rest) == 0, EndStream: end,
	})
	for len(rest) > 0 && err == nil {
		next := rest[:min(len(rest), 16<<10)]
		rest = rest[len(next):]
		err = framer.WriteContinuation(id, len(rest) == 0, next)
	}
	return err
}

// idle2 has made a request, and may make another.
func idle2(conn net.Conn) error {
	framer, _, _, err := greetWith(conn, 1<<16-1)
	if err != nil {
		return err
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "x"},
		{":path", "/health"}} {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	if err := writeHeaders(framer, 1, block.Bytes(), true); err != nil {
		return err
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return err
		}
		switch f := frame.(type) {
		case *http2.HeadersFrame:
			if f.StreamEnded() {
				return nil
			}
		case *http2.DataFrame:
			if f.StreamEnded() {
				return nil
			}
		}
	}
}

// largeFrame begins the largest frame that the server reads, of a kind that it does not know, and does not end it.
func largeFrame(conn net.Conn) error {
	if _, _, _, err := greet(conn); err != nil {
		return err
	}
	const length = 1<<20 - 1
	head := binary.BigEndian.AppendUint32(nil, length<<8|0xfa)
	head = append(head, 0, 0, 0, 0, 0)
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write(append(head, make([]byte, length-1)...)) // The server may refuse it.
	return nil
}

// endlessHeaders sends as many headers as are read, and not the last.
func endlessHeaders(conn net.Conn) error {
	framer, _, _, err := greet(conn)
	if err != nil {
		return err
	}
	block := headers("/api/v1/login/", server.MaxHeaderBytes)
	err = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:len(block)/2]})
	if err == nil {
		err = framer.WriteContinuation(1, false, block[len(block)/2:len(block)-100])
	}
	return err
}
