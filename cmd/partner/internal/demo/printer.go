package demo

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// printer writes one row per exchange on the wire.
type printer struct {
	out io.Writer

	mu   sync.Mutex
	step string
	last http.Header
	rows int
}

func (p *printer) printf(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }

const row = "%-46s %-6s %-66s %6s %10s\n"

func (p *printer) header() {
	p.printf(row, "STEP", "METHOD", "PATH", "STATUS", "DURATION")
}

// begin names what the exchanges that follow belong to.
func (p *printer) begin(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step = step
}

// answered returns the header of the latest answer.
func (p *printer) answered() http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// transport sends requests and prints a row for each.
func (p *printer) transport() http.RoundTripper {
	base := http.DefaultTransport.(*http.Transport).Clone()
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		start := time.Now()
		response, err := base.RoundTrip(r)
		took := time.Since(start)

		p.mu.Lock()
		defer p.mu.Unlock()
		step, status := p.step, "none"
		if strings.HasSuffix(r.URL.Path, "/login/") {
			step = "log in"
		}
		if err == nil {
			status = strconv.Itoa(response.StatusCode)
			p.last = response.Header
		}
		p.rows++
		p.printf(row, step, r.Method, shorten(r.URL.Path), status, took.Round(10*time.Microsecond))
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var uuidTail = regexp.MustCompile(`([0-9a-f]{8})-[0-9a-f-]{27}`)

// shorten keeps the first eight digits of each id, which is enough to tell them apart on one page.
func shorten(path string) string { return uuidTail.ReplaceAllString(path, "$1…") }
