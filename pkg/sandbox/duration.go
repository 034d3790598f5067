package sandbox

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxDays is how many days fit into a time.Duration.
const maxDays = math.MaxInt64 / uint64(day)

const day = 24 * time.Hour

var (
	errDuration = errors.New("sandbox: not a duration")
	// errTooLong says that a duration does not fit into a time.Duration: 292 years, which no clock here can be moved.
	errTooLong = errors.New("sandbox: too long a duration")
)

// durationForm is that of a duration of Go without a sign. time.ParseDuration does not say whether what it refuses has
// another form or is too long.
var durationForm = regexp.MustCompile(`^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`)

// parseDuration reads a duration as Go has it, with a number of days of 24 hours before it or alone. It fails with
// errTooLong or errDuration.
func parseDuration(text string) (time.Duration, error) {
	days, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		return parseGoDuration(text)
	}
	whole, err := strconv.ParseUint(days, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errDuration
	}
	more := time.Duration(0)
	if rest != "" {
		if more, err = parseGoDuration(rest); err != nil {
			return 0, err
		}
	}
	switch {
	case more < 0:
		return 0, errDuration
	case whole > maxDays, more > math.MaxInt64-time.Duration(whole)*day:
		return 0, errTooLong
	}
	return time.Duration(whole)*day + more, nil
}

// parseGoDuration reads a duration as Go has it.
func parseGoDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil:
		return d, nil
	case durationForm.MatchString(text):
		return 0, errTooLong
	}
	return 0, errDuration
}
