package redisserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// ask sends a command on a new connection and returns the answer, which must not be a list. It serves the few questions
// at start-up, for which a client's pools and retries would be in the way.
func (s *Server) ask(ctx context.Context, command string) (string, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return "", err
	}
	hangUp := func() { _ = connection.Close() }
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()
	if _, err := io.WriteString(connection, command+"\r\n"); err != nil {
		return "", err
	}
	return readAnswer(bufio.NewReader(connection))
}

// readAnswer reads a simple string, an integer, an error or a bulk string.
func readAnswer(from *bufio.Reader) (string, error) {
	line, err := from.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read an answer: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("read an answer: an empty line")
	}
	kind, text := line[0], line[1:]
	switch kind {
	case '+', ':':
		return text, nil
	case '-':
		return "", fmt.Errorf("the server answered %s", text)
	case '$':
		size, err := strconv.ParseUint(text, 10, 20)
		if err != nil {
			return "", fmt.Errorf("read an answer: its length: %w", err)
		}
		bulk := make([]byte, size)
		if _, err := io.ReadFull(from, bulk); err != nil {
			return "", fmt.Errorf("read an answer: %w", err)
		}
		return string(bulk), nil
	}
	return "", fmt.Errorf("read an answer: unexpected kind %q", kind)
}

// field returns the value of a name in the answer to INFO or CLUSTER INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
