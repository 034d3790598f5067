package contracttest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// A delivery is what a server has sent to a subscriber.
type delivery struct {
	header http.Header
	body   []byte
	// value is the JSON of the body, or nil.
	value any
	// method and target are how it was asked for, and answered is the status with which it was taken: 0 for none.
	method, target string
	answered       int
}

// event is the id of the event, or empty.
func (d delivery) event() string {
	id, _ := member(d.value, "event_id").(string)
	return id
}

// payload is that of the event, as text.
func (d delivery) payload() string { return canonical(member(d.value, "payload")) }

// canonical is a value as text, the same for the same value.
func canonical(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(encoded)
}

// A receiver takes deliveries, and answers each with 200. A path says otherwise by what follows its id: /ID/500/204/
// has the first attempt to deliver what has happened answered with 500, the second one with 204, and all others with
// 200. A part of it that is "none" has the connection end without an answer.
type receiver struct {
	url    string
	server *http.Server
	mu     sync.Mutex
	byPath map[string][]delivery
	count  int
	// order are the paths of what is kept, the oldest first, and bytes how much that is. forgotten are paths of which
	// not all is kept.
	order     []string
	bytes     int
	forgotten map[string]bool
}

const (
	// mostDelivery bounds a delivery, and mostDeliveries how many bytes of deliveries are kept: a server may send
	// without end. Decoded they take about ten times as much.
	mostDelivery   = 1 << 20
	mostDeliveries = 4 << 20
)

// keep keeps a delivery, in the place of the oldest ones if there are too many.
func (c *receiver) keep(path string, d delivery) {
	c.byPath[path] = append(c.byPath[path], d)
	c.order = append(c.order, path)
	c.bytes += d.size()
	c.count++
	for c.bytes > mostDeliveries && len(c.order) > 1 {
		oldest := c.order[0]
		c.order = c.order[1:]
		c.bytes -= c.byPath[oldest][0].size()
		if c.byPath[oldest] = c.byPath[oldest][1:]; len(c.byPath[oldest]) == 0 {
			delete(c.byPath, oldest)
		}
		if len(c.forgotten) < mostForgotten {
			c.forgotten[oldest] = true
		}
	}
}

// mostForgotten is how many paths are known of which not all is kept. With more, nothing is known of any.
const mostForgotten = 10_000

// size is about how much memory a delivery takes, apart from what is decoded.
func (d delivery) size() int {
	n := len(d.body) + 512
	for name, values := range d.header {
		n += len(name)
		for _, value := range values {
			n += len(value) + 64
		}
	}
	return n
}

// isWhole reports whether all that has come to a path is kept. Without that, nothing is decided.
func (c *receiver) isWhole(path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.forgotten[path] && len(c.forgotten) < mostForgotten
}

// receive opens a receiver if the server can reach it. Without one, nothing is said of deliveries.
func (r *run) receive() error {
	u, err := url.Parse(r.config.URL)
	if err != nil {
		return err
	}
	if !r.config.AllowWrites {
		return nil
	}
	address, public, isHere := r.config.ReceiverAddress, r.config.ReceiverURL, call.IsLocal(u.Hostname())
	switch {
	case address == "" && !isHere:
		return nil
	case address == "":
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // It is closed with the run.
	if err != nil {
		return err
	}
	at, ok := listener.Addr().(*net.TCPAddr)
	if public == "" && ok && (at.IP.IsUnspecified() || at.IP.IsLoopback() && !isHere) {
		_ = listener.Close()
		return errors.New("ReceiverURL is missing: the server cannot tell how to reach " + address)
	}
	if public == "" {
		public = "http://" + listener.Addr().String()
	}
	taken := &receiver{url: strings.TrimSuffix(public, "/"), byPath: map[string][]delivery{},
		forgotten: map[string]bool{}}
	taken.server = &http.Server{Handler: taken, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = taken.server.Serve(listener) }()
	r.receiver = taken
	return nil
}

// close ends what a run has opened.
func (r *run) close() {
	r.caller.Close()
	if r.receiver != nil {
		_ = r.receiver.server.Close()
	}
}

// ServeHTTP implements http.Handler.
func (c *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	content, err := io.ReadAll(io.LimitReader(request.Body, mostDelivery))
	if err != nil {
		return
	}
	d := delivery{header: request.Header.Clone(), body: content, method: request.Method, target: request.RequestURI}
	if v, err := decodeNumbers(content); err == nil {
		d.value = v
	}
	path := strings.Trim(request.URL.Path, "/")
	hook := cmp.Or(uuidText.FindString(path), path)
	c.mu.Lock()
	d.answered = http.StatusOK
	if planned := plannedAnswers(request.URL.Path); len(planned) > 0 {
		before := 0
		for _, known := range c.byPath[hook] {
			if known.payload() == d.payload() {
				before++
			}
		}
		if before < len(planned) {
			d.answered = planned[before]
		}
	}
	c.keep(hook, d)
	c.mu.Unlock()
	if d.answered == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(d.answered)
}

// plannedAnswers are the statuses that a path asks for, 0 for none.
func plannedAnswers(path string) []int {
	at := uuidText.FindStringIndex(path)
	if at == nil {
		return nil
	}
	var planned []int
	for _, text := range strings.Split(strings.Trim(path[at[1]:], "/"), "/") {
		status, err := strconv.Atoi(text)
		isStatus := err == nil && status >= 200 && status < 600
		if !isStatus && text != noAnswer {
			break
		}
		planned = append(planned, status)
	}
	return planned
}

// noAnswer is the part of a path that asks for none.
const noAnswer = "none"

// at are the deliveries to a path, in the order in which they came.
func (c *receiver) at(path string) []delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]delivery(nil), c.byPath[path]...)
}

func (c *receiver) received() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

const (
	// quiet is how long nothing has to come before all has come, and patience bounds the wait: a server may look once a
	// second or so for what it has to deliver. A server that says that it has nothing left to deliver is believed after
	// a while, as what it has delivered may be under way.
	quiet    = 150 * time.Millisecond
	believed = 50 * time.Millisecond
	patience = 5 * time.Second
)

// expected are the events that a step waits for, by the paths to which they come.
func (s step) expected(vars variables) []pair {
	all := make([]pair, len(s.Expect))
	for i, p := range s.Expect {
		all[i] = pair{vars.fill(p.Name, asIs), vars.fill(p.Value, asIs)}
	}
	return all
}

// has reports whether all of these events have come, each as often as it is among them. One is named by its id, or by
// that of what it is about.
func (c *receiver) has(expected []pair) bool {
	missing := map[pair]int{}
	for _, p := range expected {
		missing[p]++
	}
	for p, n := range missing {
		for _, d := range c.at(p.Name) {
			if p.Value != "" && bytes.Contains(d.body, []byte(p.Value)) {
				n--
			}
		}
		if n > 0 {
			return false
		}
	}
	return true
}

// await waits until no deliveries come any more, and those that are expected have come.
func (r *run) await(ctx context.Context, expected []pair) error {
	if r.receiver == nil {
		return nil
	}
	end, last, since := time.Now().Add(patience), r.receiver.received(), time.Now()
	for time.Now().Before(end) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if now := r.receiver.received(); now != last {
			last, since = now, time.Now()
		}
		still := time.Since(since)
		if still < believed || !r.controls && still < quiet {
			continue
		}
		waiting, known := r.waiting(ctx)
		switch isLong := still > 4*quiet; {
		case known && waiting == 0:
			return nil
		case isLong && (known || r.receiver.has(expected)):
			return nil
		case !known && len(expected) > 0 && r.receiver.has(expected):
			return nil
		}
	}
	return nil
}

// waiting is how many deliveries the sandbox has still to make, if it can be asked.
func (r *run) waiting(ctx context.Context) (int, bool) {
	if !r.controls {
		return 0, false
	}
	answer, err := r.control(ctx, http.MethodGet, "deliveries/", nil)
	var shown struct {
		Counts struct {
			Waiting *int `json:"waiting"`
		} `json:"counts"`
	}
	if err != nil || json.Unmarshal(answer.Body, &shown) != nil || shown.Counts.Waiting == nil {
		return 0, false
	}
	return *shown.Counts.Waiting, true
}
