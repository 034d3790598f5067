package contracttest

import (
	"net/url"
	"strings"
)

// showsInside reports whether an answer has marks of a stack trace that it does not have from the request: probes send
// texts that look like one, and an error may repeat them.
func (e *exchange) showsInside() bool {
	marks := stackTrace.FindAll(e.answer.Body, -1)
	if len(marks) == 0 {
		return false
	}
	said := e.said()
	for _, mark := range marks {
		if !strings.Contains(said, strings.TrimSpace(string(mark))) {
			return true
		}
	}
	return false
}

// said is all that a request says, as it is on the wire and as it is meant.
func (e *exchange) said() string {
	var b strings.Builder
	add := func(text string) { b.WriteString(text + "\n") }
	add(e.sent.Target)
	if path, err := url.PathUnescape(e.sent.Target); err == nil {
		add(path)
	}
	if query, err := url.QueryUnescape(e.sent.Target); err == nil {
		add(query)
	}
	for _, values := range e.sent.Header {
		add(strings.Join(values, "\n"))
	}
	content := string(e.sent.Body)
	add(content)
	if v, err := decodeNumbers(e.sent.Body); err == nil {
		eachText(v, add)
	}
	return b.String()
}

// eachText is called with all texts in a value of JSON, names of members among them, and as JSON escapes them.
func eachText(v any, add func(string)) {
	switch v := v.(type) {
	case string:
		add(v)
		add(strings.ReplaceAll(v, `"`, `\"`))
	case map[string]any:
		for _, name := range sortedKeys(v) {
			add(name)
			eachText(v[name], add)
		}
	case []any:
		for _, element := range v {
			eachText(element, add)
		}
	}
}
