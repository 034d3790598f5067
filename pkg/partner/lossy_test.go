package partner_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fate is what becomes of a connection or of a request.
type fate int

const (
	// Of a connection.
	fateServed fate = iota
	fateNotDialled
	fateClosedAtOnce
	fateNeverRead
	fateClosedInTheMiddle
	connectionFates
)

const (
	// Of a request, whether or not it takes effect.
	fateAnswered fate = iota
	fateCutOff
	fateHungUp
	fateLate
	fateReset
	fateGoAway
	fateUnclear
	fateRefused
	fateTurnedAway
	requestFates
)

// lossyBank pays for requests, once for each key that it remembers, behind a line that loses, repeats, delays and
// resets. It is told beforehand what becomes of the next connections and requests.
type lossyBank struct {
	http2 bool
	// repeats is how a repeat is answered, one of repeatPolicies: with the first answer, or with a refusal.
	repeats int

	mu          sync.Mutex
	connections []plannedConnection
	requests    []plannedRequest
	// paid counts effects by payment, keys has when a key was seen first and what was answered.
	paid map[string]int
	keys map[string]*seenKey
	// keyOf has the key that the client is sending a body with.
	keyOf map[string]string
	// written says that a request was written, or was about to be, since it was last asked for.
	written bool
	open    map[net.Conn]bool
	running sync.WaitGroup
}

type plannedConnection struct {
	fate fate
	// wait is how long dialling takes.
	wait time.Duration
}

type plannedRequest struct {
	fate   fate
	effect bool
	status int
	wait   time.Duration
	code   uint32
}

type seenKey struct {
	at   time.Time
	body string
}

// repeatPolicies are the first answer; a 409; a 422 that says why; one that does not; the first answer, whatever is
// asked.
const repeatPolicies = 5

func newLossyBank(http2 bool, repeats int) *lossyBank {
	return &lossyBank{http2: http2, repeats: repeats, paid: map[string]int{}, keys: map[string]*seenKey{},
		keyOf: map[string]string{}, open: map[net.Conn]bool{}}
}

// plan says what becomes of what comes next. Beyond it everything goes well.
func (b *lossyBank) plan(connections []plannedConnection, requests []plannedRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connections, b.requests, b.written = connections, requests, false
}

func (b *lossyBank) payments(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.paid[id]
}

func (b *lossyBank) wasWritten() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.written
}

// dial is the DialContext of a transport.
func (b *lossyBank) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	b.mu.Lock()
	var planned plannedConnection
	if len(b.connections) > 0 {
		planned, b.connections = b.connections[0], b.connections[1:]
	}
	b.mu.Unlock()
	if planned.wait > 0 {
		select {
		case <-time.After(planned.wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if planned.fate == fateNotDialled {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	client, server := newMemoryLine()
	b.mu.Lock()
	b.open[server] = true
	b.mu.Unlock()
	b.running.Go(func() {
		defer func() {
			b.mu.Lock()
			delete(b.open, server)
			b.mu.Unlock()
			_ = server.Close()
		}()
		b.serve(server, planned.fate)
	})
	return &watchedConn{Conn: client, bank: b}, nil
}

// close ends everything.
func (b *lossyBank) close() {
	b.mu.Lock()
	for conn := range b.open {
		_ = conn.Close()
	}
	b.mu.Unlock()
	b.running.Wait()
}

// memoryLine is one end of a connection with buffers, so that nobody waits for the other to read: a mutex that is held
// while waiting would stop the clock.
type memoryLine struct{ in, out *direction }

type direction struct {
	mu     sync.Mutex
	wake   *sync.Cond
	data   []byte
	closed bool
	// end is what is read at the end: io.EOF or, when the connection is reset, that.
	end error
}

func newMemoryLine() (client, server *memoryLine) {
	a, b := &direction{end: io.EOF}, &direction{end: io.EOF}
	a.wake, b.wake = sync.NewCond(&a.mu), sync.NewCond(&b.mu)
	return &memoryLine{a, b}, &memoryLine{b, a}
}

func (l *memoryLine) Read(p []byte) (int, error) {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	for len(l.in.data) == 0 && !l.in.closed {
		l.in.wake.Wait()
	}
	n := copy(p, l.in.data)
	l.in.data = l.in.data[n:]
	if n == 0 {
		return 0, l.in.end
	}
	return n, nil
}

// reset closes the line as a machine does that forgot it: whatever the other side does is an error.
func (l *memoryLine) reset() {
	l.out.mu.Lock()
	l.out.end, l.out.data = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}, nil
	l.out.mu.Unlock()
	_ = l.Close()
}

func (l *memoryLine) Write(p []byte) (int, error) {
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	if l.out.closed {
		return 0, syscall.EPIPE
	}
	l.out.data = append(l.out.data, p...)
	l.out.wake.Broadcast()
	return len(p), nil
}

func (l *memoryLine) Close() error {
	for _, d := range []*direction{l.in, l.out} {
		d.mu.Lock()
		d.closed = true
		d.wake.Broadcast()
		d.mu.Unlock()
	}
	return nil
}

func (*memoryLine) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*memoryLine) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*memoryLine) SetDeadline(time.Time) error      { return nil }
func (*memoryLine) SetReadDeadline(time.Time) error  { return nil }
func (*memoryLine) SetWriteDeadline(time.Time) error { return nil }

// watchedConn notes that a request is written.
type watchedConn struct {
	net.Conn
	bank *lossyBank
}

func (c *watchedConn) Write(p []byte) (int, error) {
	c.bank.mu.Lock() // So that nobody asks before it is noted.
	defer c.bank.mu.Unlock()
	n, err := c.Conn.Write(p)
	if n >= 64 && !c.bank.http2 || n > 0 && c.bank.http2 && hasHeaders(p) {
		c.bank.written = true
	}
	return n, err
}

// hasHeaders reports whether a write of whole frames has one of type HEADERS.
func hasHeaders(p []byte) bool {
	p = []byte(strings.TrimPrefix(string(p), preface))
	for len(p) >= 9 {
		if p[3] == frameHeaders {
			return true
		}
		p = p[min(9+(int(p[0])<<16|int(p[1])<<8|int(p[2])), len(p)):]
	}
	return false
}

func (b *lossyBank) serve(conn net.Conn, planned fate) {
	switch planned {
	case fateClosedAtOnce:
		return
	case fateNeverRead:
		time.Sleep(10 * time.Minute)
		return
	case fateClosedInTheMiddle:
		_, _ = io.ReadFull(conn, make([]byte, 100))
		return
	default:
	}
	if b.http2 {
		b.serveHTTP2(conn)
		return
	}
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		reply := b.handle(request.Method, string(body))
		if reply.wait > 0 {
			time.Sleep(reply.wait)
		}
		if reply.status < 0 {
			if line, ok := conn.(*memoryLine); ok && reply.resets {
				line.reset()
			}
			return
		}
		text := fmt.Sprintf("HTTP/1.1 %03d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			reply.status, http.StatusText(reply.status), len(reply.body), reply.body)
		if reply.cut {
			text = text[:len(text)-len(reply.body)/2]
		}
		if _, err := io.WriteString(conn, text); err != nil || reply.cut || reply.status < 200 {
			return
		}
	}
}

// reply is what the line makes of an answer. A status below zero is none.
type lossyReply struct {
	status int
	body   string
	cut    bool
	wait   time.Duration
	// reset is the error code of RST_STREAM or, when away is set, of GOAWAY. On HTTP/1.1 resets is a reset of TCP.
	reset  uint32
	away   bool
	resets bool
}

// handle executes a request as planned and says what is answered.
func (b *lossyBank) handle(method, body string) lossyReply {
	b.mu.Lock()
	defer b.mu.Unlock()
	planned := plannedRequest{effect: true}
	if len(b.requests) > 0 {
		planned, b.requests = b.requests[0], b.requests[1:]
	}
	key := b.keyOf[body]
	answer := lossyReply{status: 201, body: `{"paid":true}`, reset: planned.code}
	if method != http.MethodGet {
		answer = b.pay(planned, key, body)
	} else if planned.fate == fateRefused || planned.fate == fateTurnedAway {
		answer.status = planned.status
	}
	switch planned.fate {
	case fateCutOff:
		answer.cut = answer.status == 201
	case fateHungUp:
		answer.status = -1
	case fateLate:
		answer.wait = planned.wait
	case fateReset, fateGoAway:
		answer.status, answer.reset, answer.away = -1, planned.code, planned.fate == fateGoAway
		answer.resets = planned.fate == fateReset
	case fateUnclear:
		answer.status = planned.status
	default:
	}
	return answer
}

// pay looks at the key as the provider does: within an hour it marks a repeat.
func (b *lossyBank) pay(planned plannedRequest, key, body string) lossyReply {
	if planned.fate == fateTurnedAway {
		return lossyReply{status: planned.status, body: `{"detail":"turned away"}`}
	}
	if seen := b.keys[key]; seen != nil && time.Since(seen.at) < time.Hour {
		switch {
		case b.repeats == 4:
			// It does not look at the request.
		case seen.body != body:
			return lossyReply{status: 422,
				body: `{"detail":[{"loc":["header"],"msg":"idempotency key","type":"reused"}]}`}
		case b.repeats == 1:
			return lossyReply{status: 409, body: `{"detail":"no"}`}
		case b.repeats == 2:
			return lossyReply{status: 422, body: `{"type":"KeyAlreadyUsed"}`}
		case b.repeats == 3:
			return lossyReply{status: 422, body: `{"detail":"no"}`} // It does not say why.
		}
		return lossyReply{status: 201, body: `{"paid":true}`}
	}
	switch planned.fate {
	case fateRefused:
		return lossyReply{status: planned.status, body: `{"detail":"no"}`} // The key stays free.
	case fateHungUp, fateReset, fateGoAway, fateUnclear:
		if !planned.effect {
			return lossyReply{status: 201}
		}
	default:
	}
	b.keys[key] = &seenKey{at: time.Now(), body: body}
	id, _, _ := strings.Cut(body, " ")
	if planned.fate == fateLate && !planned.effect {
		// It was looked at when it came, and is executed when nobody waits any more.
		b.mu.Unlock()
		time.Sleep(planned.wait)
		b.mu.Lock()
	}
	b.paid[id]++
	return lossyReply{status: 201, body: `{"paid":true}`}
}

const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway, window = 0, 1, 3, 4, 6, 7, 8
	flagEnd, flagAck, flagEndHeaders                                                   = 1, 1, 4
)

// serveHTTP2 is as much of HTTP/2 as answers requests: what their headers say need not be known.
func (b *lossyBank) serveHTTP2(conn net.Conn) {
	if _, err := io.ReadFull(conn, make([]byte, len(preface))); err != nil {
		return
	}
	write := func(kind, flags byte, stream uint32, payload []byte) bool {
		frame := make([]byte, 9, 9+len(payload))
		frame[0], frame[1], frame[2] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload))
		frame[3], frame[4] = kind, flags
		binary.BigEndian.PutUint32(frame[5:], stream)
		_, err := conn.Write(append(frame, payload...))
		return err == nil
	}
	if !write(frameSettings, 0, 0, nil) {
		return
	}

	bodies, reads := map[uint32]string{}, map[uint32]bool{}
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch kind {
		case frameSettings:
			if flags&flagAck == 0 {
				_ = write(frameSettings, flagAck, 0, nil)
			}
			continue
		case framePing:
			if flags&flagAck == 0 {
				_ = write(framePing, flagAck, 0, payload)
			}
			continue
		case frameHeaders:
			reads[stream] = flags&flagEnd != 0
		case frameData:
			bodies[stream] += string(payload)
		default:
			continue
		}
		if flags&flagEnd == 0 {
			continue
		}
		method := http.MethodPost
		if reads[stream] {
			method = http.MethodGet
		}
		body := bodies[stream]
		// One that is late does not hold up the others: what is sent is looked at when it comes.
		b.running.Go(func() {
			reply := b.handle(method, body)
			if reply.wait > 0 {
				time.Sleep(reply.wait)
			}
			if reply.status < 0 && reply.reset == 0 && !reply.away || !b.sendHTTP2(write, stream, reply) {
				_ = conn.Close()
			}
		})
	}
}

// sendHTTP2 answers a stream. It is false when the connection is over.
func (*lossyBank) sendHTTP2(write func(kind, flags byte, stream uint32, payload []byte) bool, stream uint32,
	reply lossyReply) bool {
	code := binary.BigEndian.AppendUint32(nil, reply.reset)
	switch {
	case reply.away:
		_ = write(frameGoAway, 0, 0, append(make([]byte, 4), code...))
		return false
	case reply.status < 0:
		return write(frameReset, 0, stream, code)
	}
	// Literals that are not indexed, by the numbers that HPACK has for :status, content-type and content-length.
	header := append([]byte{0x08, 3}, fmt.Sprintf("%03d", reply.status)...)
	header = append(append(header, 0x0f, 0x10, 16), "application/json"...)
	header = append(append(header, 0x0f, 0x0d, 2), fmt.Sprintf("%02d", len(reply.body))...)
	if !write(frameHeaders, flagEndHeaders, stream, header) {
		return false
	}
	if reply.cut {
		_ = write(frameData, 0, stream, []byte(reply.body[:len(reply.body)/2]))
		return write(frameReset, 0, stream, code)
	}
	return write(frameData, flagEnd, stream, []byte(reply.body))
}
