package contracttest_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// strange is a server that puts something else into the place of one value, in one of so many answers.
type strange struct {
	http.Handler
	oneOf int

	mu     sync.Mutex
	random *rand.Rand
}

func (s *strange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/__sandbox/") {
		s.Handler.ServeHTTP(w, r) // A clock that goes wrong takes what time it likes.
		return
	}
	answer := httptest.NewRecorder()
	s.Handler.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	s.mu.Lock()
	var value any
	if s.random.IntN(s.oneOf) == 0 && !strings.Contains(r.URL.Path, "login") && json.Unmarshal(body, &value) == nil {
		body, _ = json.Marshal(s.spoil(value))
	}
	s.mu.Unlock()
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

var strangeValues = []string{`null`, `{}`, `[]`, `""`, `0`, `-1`, `1e400`, `0.5`, `true`, `[[]]`, `{"":{}}`, `"\u0000"`,
	`123456789012345678901234567890`, `[null]`, `"00000000-0000-0000-0000-000000000000"`, `"9999-12-31T23:59:59Z"`}

// spoil is a value with something else in one place.
func (s *strange) spoil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 && s.random.IntN(6) > 0 {
			names := slices.Sorted(maps.Keys(v))
			name := names[s.random.IntN(len(names))]
			if s.random.IntN(12) == 0 {
				delete(v, name)
			} else {
				v[name] = s.spoil(v[name])
			}
			return v
		}
	case []any:
		if len(v) > 0 && s.random.IntN(6) > 0 {
			i := s.random.IntN(len(v))
			switch s.random.IntN(12) {
			case 0:
				return slices.Delete(v, i, i+1)
			case 1:
				return append(v, v[i])
			}
			v[i] = s.spoil(v[i])
			return v
		}
	}
	return json.RawMessage(strangeValues[s.random.IntN(len(strangeValues))])
}

// Whatever a server answers, the run comes to its end. CONTRACT_STRANGE is how many servers are tried, each with all
// phases; without it there are few, with a part of the contract.
func TestNoAnswerBreaksARun(t *testing.T) {
	t.Parallel()
	servers, err := strconv.Atoi(os.Getenv("CONTRACT_STRANGE"))
	isLong := err == nil
	if !isLong {
		servers = 4
	}
	for seed := range servers {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			breaksNothing(t, uint64(seed), isLong)
		})
	}
}

// breaksNothing tests a bank whose answers are strange.
func breaksNothing(t *testing.T, seed uint64, isLong bool) {
	t.Helper()
	config := bank(t)
	config.Handler = &strange{Handler: config.Handler, oneOf: 3 + int(seed)*7%30,
		random: rand.New(rand.NewPCG(seed, 0))}
	config.Seed, config.MaxTime, config.Generated = seed, time.Minute, 2
	if !isLong {
		tags := contracttest.Tags()
		config.Operations = tags[int(seed)*5%len(tags)].Operations
	}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) == 0 {
		t.Errorf("seed %d: nothing is found in %d requests", seed, report.Requests)
	}
	for _, w := range report.Warnings {
		if strings.Contains(w, "made no sense") {
			t.Errorf("seed %d: %s", seed, w)
		}
	}
}
