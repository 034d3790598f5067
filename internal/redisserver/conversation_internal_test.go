package redisserver

import (
	"bufio"
	"strings"
	"testing"
)

func TestAnswersAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answer, want, failure string }{
		"a simple string":     {"+OK\r\n", "OK", ""},
		"an integer":          {":12\r\n", "12", ""},
		"a bulk string":       {"$5\r\na\r\nbc\r\n", "a\r\nbc", ""},
		"an error":            {"-LOADING wait\r\n", "", "LOADING wait"},
		"a list":              {"*1\r\n:1\r\n", "", "unexpected kind"},
		"nothing":             {"", "", "EOF"},
		"an empty line":       {"\r\n", "", "empty line"},
		"half a bulk string":  {"$5\r\nab", "", "unexpected EOF"},
		"no such thing":       {"$-1\r\n", "", "its length"},
		"too much of a thing": {"$99999999999\r\n", "", "its length"},
	} {
		got, err := readAnswer(bufio.NewReader(strings.NewReader(c.answer)))
		if got != c.want || (err == nil) != (c.failure == "") ||
			err != nil && !strings.Contains(err.Error(), c.failure) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
