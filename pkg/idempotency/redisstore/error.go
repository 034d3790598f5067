package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// errAnswer says that something other than this package's script has answered.
var errAnswer = errors.New("the server did not answer as the script does")

// refusal is the code of an error that the server answered.
type refusal string

// Error implements error.
func (r refusal) Error() string { return "the server answered " + string(r) }

// presentable returns the part of an error that may be shown. The texts of client and server can repeat a command's
// arguments or a piece of an answer, and both hold responses.
func presentable(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	var timeout net.Error
	if deadline, ok := ctx.Deadline(); ok && errors.As(err, &timeout) && timeout.Timeout() &&
		!time.Now().Before(deadline) {
		return context.DeadlineExceeded // which the connection noticed before the context did
	}
	for _, known := range []error{redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted, io.EOF,
		io.ErrUnexpectedEOF, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return known
		}
	}
	var answer redis.Error
	if errors.As(err, &answer) {
		code, _, _ := strings.Cut(answer.Error(), " ")
		if strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) || len(code) > 20 {
			code = "ERR"
		}
		return refusal(code)
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return network
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return fmt.Errorf("the client failed with a %T", err)
}
