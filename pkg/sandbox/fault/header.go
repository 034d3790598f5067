package fault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// maxHeaderBytes bounds the value of the header. The longest that makes sense has some hundred bytes.
const maxHeaderBytes = 512

// part is a member of a fault in the form of the header.
type part struct {
	name, text string
	set        func(f *Fault, text string) error
}

// parts are the members besides the kind, in the order of the struct.
func (f Fault) parts() []part {
	duration := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	setDuration := func(into func(*Fault) *time.Duration) func(*Fault, string) error {
		return func(f *Fault, text string) error {
			d, err := parseDuration(text)
			if err == nil {
				*into(f) = d
			}
			return err
		}
	}
	setNumber := func(into func(*Fault) *int) func(*Fault, string) error {
		return func(f *Fault, text string) error {
			n, err := strconv.Atoi(text)
			if err != nil {
				return errors.New("want a whole number")
			}
			*into(f) = n
			return nil
		}
	}
	return []part{
		{"when", string(f.When), func(f *Fault, text string) error { f.When = When(text); return nil }},
		{"delay", duration(f.Delay), setDuration(func(f *Fault) *time.Duration { return &f.Delay })},
		{"jitter", duration(f.Jitter), setDuration(func(f *Fault) *time.Duration { return &f.Jitter })},
		{"bytes_per_second", number(f.BytesPerSecond), setNumber(func(f *Fault) *int { return &f.BytesPerSecond })},
		{"status", number(f.Status), setNumber(func(f *Fault) *int { return &f.Status })},
		{"retry_after", number(f.RetryAfter), setNumber(func(f *Fault) *int { return &f.RetryAfter })},
	}
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("want a time with its unit, such as 150ms")
	}
	return d, nil
}

func names(parts []part) []string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = p.name
	}
	return all
}

// Parse reads a fault as the header has it: its kind, and then its members, each after a semicolon:
//
//	X-Sandbox-Fault: reset; when=after; delay=20ms
//
// It fails with a *Problem if there is no such fault.
func Parse(text string) (Fault, error) {
	if len(text) > maxHeaderBytes {
		return Fault{}, &Problem{Member: "fault", Text: fmt.Sprintf("it has more than %d bytes", maxHeaderBytes)}
	}
	kind, rest, more := strings.Cut(text, ";")
	f := Fault{Kind: Kind(strings.TrimSpace(kind))}
	known := f.parts()
	var seen []string
	for more {
		var one string
		one, rest, more = strings.Cut(rest, ";")
		name, value, ok := strings.Cut(one, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		i := slices.IndexFunc(known, func(p part) bool { return p.name == name })
		switch {
		case !ok || value == "":
			return Fault{}, &Problem{Member: "fault", Text: "want a kind, and then name=value after each semicolon"}
		case i < 0:
			return Fault{}, &Problem{Member: "fault", Text: fmt.Sprintf("there is no member %.40q", name),
				Nearest: mistake.Nearest(name, names(known))}
		case slices.Contains(seen, name):
			return Fault{}, &Problem{Member: name, Text: "it stands twice"}
		}
		if err := known[i].set(&f, value); err != nil {
			return Fault{}, &Problem{Member: name, Text: err.Error()}
		}
		seen = append(seen, name)
	}
	if err := f.Check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}
