package demo

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// columns is how wide the page is at most.
const columns = 100

// page is what the journey prints: for each step a title, a sentence, a line per exchange on the wire, and what became
// of it. The first error of its writer stays.
type page struct {
	out   io.Writer
	style Style

	// mu guards what the transport changes.
	mu sync.Mutex
	// waiting, path and notes are the line of the latest exchange, which a note may be added to.
	waiting, path, notes string
	answer               http.Header
	steps, exchanges     int
	err                  error
}

// print writes lines as they are.
func (p *page) print(lines ...string) {
	p.flush()
	for _, line := range lines {
		if _, err := io.WriteString(p.out, line+"\n"); err != nil && p.err == nil {
			p.err = err
		}
	}
}

// flush prints the line that waits for a note.
func (p *page) flush() {
	if p.waiting == "" {
		return
	}
	line := p.waiting + p.style.in(dim, p.path) + p.notes
	p.waiting, p.path, p.notes = "", "", ""
	p.print(line)
}

// paragraph writes a text that is as wide as the page, after an indent.
func (p *page) paragraph(indent int, text string) {
	p.print(wrap(text, strings.Repeat(" ", indent), strings.Repeat(" ", indent))...)
}

// step begins a step.
func (p *page) step(title, sentence string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps++
	p.print("", fmt.Sprintf("%2d  %s", p.steps, p.style.in(bold, title)))
	p.paragraph(4, sentence)
}

// tell says what became of a step. What comes first is emphasized.
func (p *page) tell(first, rest string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := wrap(first+rest, "    → ", "      ")
	lines[0] = strings.Replace(lines[0], first, p.style.in(bold, first), 1)
	p.print(lines...)
}

// note says more about the latest exchange, on its line if there is room.
func (p *page) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.annotate(text)
}

func (p *page) annotate(text string) {
	// Notes begin below each other, where paths are not too long for that.
	path := fmt.Sprintf("%-*s", pathColumns, p.path)
	if p.waiting == "" || prefixColumns+utf8.RuneCountInString(path+p.notes+"  "+text) > columns {
		p.paragraph(prefixColumns, text)
		return
	}
	p.path, p.notes = path, p.notes+"  "+text
}

const (
	// prefixColumns is the width of what stands before a path.
	prefixColumns = len("      200  DELETE ")
	// pathColumns is the width of most paths.
	pathColumns = 41
)

// exchanged writes the line of an exchange. Its path comes last, when it is known whether there is a note.
func (p *page) exchanged(method, path string, status int) {
	p.flush()
	p.exchanges++
	text, look := strconv.Itoa(status), green
	switch {
	case status == 0:
		text, look = "-  ", yellow
	case status >= http.StatusMultipleChoices:
		look = yellow
	}
	p.waiting = "      " + p.style.in(look, text) + "  " + p.style.in(dim, fmt.Sprintf("%-6s ", method))
	p.path = shorten(path, columns-prefixColumns)
}

// answered returns the header of the latest answer.
func (p *page) answered() http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer
}

// transport sends the requests of a client and writes a line for each. It says what each login is for.
func (p *page) transport() http.RoundTripper {
	base := http.DefaultTransport.(*http.Transport).Clone()
	logins := 0
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := base.RoundTrip(r)
		p.mu.Lock()
		defer p.mu.Unlock()
		status := 0
		if err == nil {
			status, p.answer = response.StatusCode, response.Header
		}
		p.exchanged(r.Method, r.URL.Path, status)
		if strings.HasSuffix(r.URL.Path, "/login/") {
			if logins++; logins == 1 {
				p.annotate("this client's token, for an hour")
			} else {
				p.annotate("another token, in case that is over")
			}
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wrap breaks a text into lines that fit the page. What has no space in it is broken where it must be.
func wrap(text, first, further string) []string {
	var lines []string
	line, empty := first, true
	for word := range strings.FieldsSeq(text) {
		for {
			space := 1
			if empty {
				space = 0
			}
			room := columns - utf8.RuneCountInString(line) - space
			if utf8.RuneCountInString(word) <= room {
				line += strings.Repeat(" ", space) + word
				empty = false
				break
			}
			if empty {
				runes := []rune(word)
				line, word = line+string(runes[:room]), string(runes[room:])
			}
			lines = append(lines, strings.TrimRight(line, " "))
			line, empty = further, true
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

var uuidTail = regexp.MustCompile(`([0-9a-f]{8})-[0-9a-f-]{27}`)

// shortenIDs keeps the first eight digits of each id, which is enough to tell them apart on one page.
func shortenIDs(text string) string { return uuidTail.ReplaceAllString(text, "$1…") }

// shortID is an id on the page.
func shortID(id partner.UUID) string { return shortenIDs(id.String()) }

// shorten makes a path fit, at the cost of its middle.
func shorten(path string, room int) string {
	path = shortenIDs(path)
	if runes := []rune(path); len(runes) > room {
		half := (room - 1) / 2
		path = string(runes[:half]) + "…" + string(runes[len(runes)-half:])
	}
	return path
}

// dollars writes cents as dollars, without going through a float.
func dollars(cents int64) string {
	digits, negative := strings.CutPrefix(strconv.FormatInt(cents, 10), "-")
	digits = strings.Repeat("0", max(0, 3-len(digits))) + digits
	whole, rest := digits[:len(digits)-2], digits[len(digits)-2:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if negative {
		return "-$" + whole + "." + rest
	}
	return "$" + whole + "." + rest
}
