package redisstore_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// marker stands for what must not get out.
const marker = "Zq7mArKeR"

// puppet is a server that answers each script with the same words, and refuses everything else, as an old Redis does.
// It hangs up after words that are not all.
func puppet(t *testing.T, answer string, all bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer func() { _ = connection.Close() }()
				from := bufio.NewReader(connection)
				for {
					command, err := readCommand(from)
					if err != nil {
						return
					}
					words := "-ERR unknown command\r\n"
					script := strings.HasPrefix(strings.ToUpper(command[0]), "EVAL")
					if script {
						words = answer
					}
					if _, err := io.WriteString(connection, words); err != nil || script && !all {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		group.Wait()
	})
	return listener.Addr().String()
}

// readCommand reads a list of bulk strings.
func readCommand(from *bufio.Reader) ([]string, error) {
	count, err := readLength(from, '*')
	if err != nil {
		return nil, err
	}
	command := make([]string, count)
	for i := range command {
		size, err := readLength(from, '$')
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(from, text); err != nil {
			return nil, err
		}
		command[i] = string(text[:size])
	}
	return command, nil
}

func readLength(from *bufio.Reader, kind byte) (int, error) {
	line, err := from.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("unexpected %q", line)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

// Whatever a server answers, an error says which step failed and shows neither what was sent nor what came back.
func TestNothingOfAnAnswerGetsOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answer, says string }{
		"an unknown command": {"-ERR unknown command 'EVALSHA', with args beginning with: '" + marker + "'\r\n",
			"the server answered ERR"},
		"a code":                        {"-NOPERM " + marker + "\r\n", "the server answered NOPERM"},
		"the first and the last letter": {"-AZ " + marker + "\r\n", "the server answered AZ"},
		"full, but not a script":        {"-OOM " + marker + "\r\n", "the server answered OOM"},
		"a code that is none":           {"-" + marker + "\r\n", "the server answered ERR"},
		"not Redis":                     {"HTTP/1.1 200 OK " + marker + "\r\n", "the client failed"},
		"a list too short":              {"*0\r\n", "did not answer as the script does"},
		"a list of texts":               {"*1\r\n$9\r\n" + marker + "\r\n", "did not answer as the script does"},
		"a text":                        {"+" + marker + "\r\n", "did not answer as the script does"},
		"nothing":                       {"$-1\r\n", "the server answered ERR"},
		"an unknown number":             {"*1\r\n:99\r\n", "did not answer as the script does"},
		"a number":                      {":99\r\n", "did not answer as the script does"},
		"a token that is none":          {":-9223372036854775808\r\n", "did not answer as the script does"},
		"a negative lease":              {"*2\r\n:11\r\n:-1\r\n", "did not answer as the script does"},
		"half an answer":                {"*2\r\n:11\r\n", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := redis.NewClient(&redis.Options{
				Addr: puppet(t, c.answer, c.says != "EOF"), Protocol: 2, DisableIdentity: true, MaxRetries: -1,
				ContextTimeoutEnabled: true,
			})
			t.Cleanup(func() { _ = client.Close() })
			store := newStore(t, client)
			for step, do := range steps {
				err := do(t.Context(), store, idempotency.Hold{Scope: marker, Key: marker, Token: 1})
				if err == nil || !strings.HasPrefix(err.Error(), "redisstore: ") ||
					!strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v", step, err)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, marker) {
						t.Errorf("%s shows what it must not: %s", step, text)
					}
				}
			}
		})
	}
}

func TestALongWaitIsShownAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{
		Addr: puppet(t, "*2\r\n:11\r\n:9223372036854775807\r\n", true), Protocol: 2, DisableIdentity: true,
		ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	outcome := want(t, newStore(t, client), idempotency.StateInProgress, newClaim("key"))
	if outcome.Remaining < 200*365*24*time.Hour {
		t.Errorf("%s remain", outcome.Remaining)
	}
}
