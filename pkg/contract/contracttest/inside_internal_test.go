package contracttest

import "testing"

func TestWhatTheRequestSaysIsNotTheServersInside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, target, body, answer string
		want                       bool
	}{
		{"a trace", "/a/", "", `{"detail":"panic: nil"}`, true},
		{"no trace", "/a/", "", `{"detail":"no"}`, false},
		{"a mark of the body", "/a/", `{"name":"panic: no"}`, `{"detail":"panic: no is no name"}`, false},
		{"a mark of the body that JSON escapes", "/a/", `{"name":"File \"a.py\", line 1"}`,
			`{"detail":"File \"a.py\", line 1 is no name"}`, false},
		{"a mark of the body's text alone", "/a/", `{"name":"\u0070anic: no"}`, `{"detail":"panic: no"}`, false},
		{"a mark of the path", "/panic:%20a/", "", `{"detail":"there is no panic: a"}`, false},
		{"a mark of the query", "/a/?b=syntax+error+at+or+near", "", `syntax error at or near`, false},
		{"a mark of the body, and another", "/a/", `{"name":"SQLSTATE"}`, `SQLSTATE: syntax error at or near`, true},
	} {
		e := &exchange{}
		e.sent.Target, e.sent.Body, e.answer.Body = c.target, []byte(c.body), []byte(c.answer)
		if got := e.showsInside(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
