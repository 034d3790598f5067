package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Write writes recipes as text, with every request: first the things that they need, then each of them.
func Write(to io.Writer, recipes []Recipe) error {
	var b bytes.Buffer
	b.WriteString("# Sign requests as docs/sandbox.md says, but for those to /__sandbox/.\n" +
		"# Log in first, and again when the clock has moved.\n\n")
	written := map[string]bool{}
	for _, r := range recipes {
		for _, t := range r.Things {
			if written[t.Name] {
				continue
			}
			written[t.Name] = true
			fmt.Fprintf(&b, "# %s: %s\n", t.Name, t.Is)
			writeSteps(&b, t.Steps)
			b.WriteString("\n")
		}
	}
	for _, r := range recipes {
		fmt.Fprintf(&b, "# %s: %s\n", r.Name(), r.Way)
		if len(r.Things) > 0 {
			fmt.Fprintf(&b, "  first %s\n", strings.Join(r.thingNames(), ", "))
		}
		writeSteps(&b, r.Steps)
		b.WriteString("\n")
	}
	_, err := to.Write(b.Bytes())
	return err
}

func (r Recipe) thingNames() []string {
	names := make([]string, len(r.Things))
	for i, t := range r.Things {
		names[i] = t.Name
	}
	return names
}

func writeSteps(b *bytes.Buffer, steps []Step) {
	for _, s := range steps {
		for _, name := range slices.Sorted(maps.Keys(s.Make)) {
			fmt.Fprintf(b, "  make %s: %s\n", name, s.Make[name].text())
		}
		if s.Clock != nil {
			fmt.Fprintf(b, "  POST %sclock/\n    %s\n", controls, s.Clock.text())
		}
		if s.Path != "" {
			s.writeRequest(b)
		}
	}
	for _, s := range slices.Backward(steps) {
		if s.Undo != nil {
			b.WriteString("  at the end, also if a step has failed:\n")
			s.Undo.writeRequest(b)
		}
	}
}

func (m Made) text() string {
	switch m {
	case MadeUUID:
		return "a new UUID"
	case MadePublicKey:
		return "the public half of a new RSA key pair of 4096 bits, as PEM"
	case MadeEncryptedPIN:
		return pin + " under the key in ${set_pin}, by PKCS#1 v1.5, in Base64"
	}
	return string(m)
}

func (c *Clock) text() string {
	switch {
	case c.By != "":
		return oneLine(map[string]any{"by": c.By})
	case c.Run != "":
		return oneLine(map[string]any{"run": c.Run})
	}
	return `{"time": "…"}, at ` + c.BusinessDay + ` in New York on the next business day of the Federal Reserve`
}

// writeRequest writes a request, its headers beside those of every request, its body, and what is said of the answer.
func (s Step) writeRequest(b *bytes.Buffer) {
	fmt.Fprintf(b, "  %s %s", s.Method, s.Path)
	for i, name := range slices.Sorted(maps.Keys(s.Query)) {
		value := s.Query[name]
		if !strings.Contains(value, "${") {
			value = url.QueryEscape(value)
		}
		fmt.Fprintf(b, "%c%s=%s", "?&"[min(i, 1)], name, value)
	}
	b.WriteString("\n")
	for _, name := range slices.Sorted(maps.Keys(s.Header)) {
		fmt.Fprintf(b, "    %s: %s\n", name, s.Header[name])
	}
	switch {
	case s.File != nil && s.File.Base64 != "":
		fmt.Fprintf(b, "    %s, of this Base64: %s\n", s.File.Media, s.File.Base64)
	case s.File != nil:
		fmt.Fprintf(b, "    %s: %s\n", s.File.Media, s.File.Text)
	case s.Body != nil:
		fmt.Fprintf(b, "    %s\n", oneLine(s.Body))
	}
	said := []string{strconv.Itoa(s.Status)}
	for _, pointer := range slices.Sorted(maps.Keys(s.Want)) {
		name := pointer
		if name == "" {
			name = "all of it"
		}
		said = append(said, name+" is "+oneLine(s.Want[pointer]))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Keep)) {
		said = append(said, "keep "+name+" from "+s.Keep[name])
	}
	fmt.Fprintf(b, "    → %s\n", strings.Join(said, ", "))
}

// oneLine is a value as JSON, with blanks as people write it.
func oneLine(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error() // It was read from JSON or YAML: there is nothing that has no JSON.
	}
	return strings.TrimSpace(b.String())
}
