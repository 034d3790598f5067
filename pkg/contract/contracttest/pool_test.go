package contracttest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// telling notes the ids that a server has told, and leaves the status out of what it shows of a thing.
type telling struct {
	http.Handler
	mu  sync.Mutex
	ids []string
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (s *telling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	s.Handler.ServeHTTP(answer, r)
	content := answer.Body.Bytes()
	s.mu.Lock()
	for _, id := range anID.FindAllString(answer.Body.String(), -1) {
		if !slices.Contains(s.ids, id) {
			s.ids = append(s.ids, id)
		}
	}
	s.mu.Unlock()
	if isOne := strings.Count(r.URL.Path, "/") > 4; isOne && r.Method == http.MethodGet {
		content = bytes.ReplaceAll(content, []byte(`"status":"OPEN"`), []byte(`"status":"AJAR"`))
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(content)
}

// A run that only reads finds its way by the ids that lists show. They stand in no finding: its steps read the list.
func TestFindingsHaveNoIDsOfAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// isKnown says that the user of the run gives an id, which stands in the steps as it was given.
		isKnown bool
	}{{"ids that lists show", false}, {"an id that the user gives", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bank := newAcme(t)
			from, _, err := bank.pockets(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			server := &telling{Handler: bank}
			config := contracttest.Config{Handler: server, Username: "acme", Password: password,
				SigningSecret: signingSecret, Operations: []string{"listPockets", "getPocket"}}
			if c.isKnown {
				config.Known = map[string][]string{"pocket_id": {from.String()}}
			}
			report, err := contracttest.Run(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(report.Findings, func(f contracttest.Finding) bool {
				return f.Check.Code == "F101" && f.Operation == "getPocket"
			})
			if i < 0 {
				t.Fatalf("nothing is found: %v", report.Findings)
			}
			if !report.Findings[i].Confirmed {
				t.Error("its steps have not shown it again")
			}
			encoded, err := json.Marshal(report.Findings)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range server.ids {
				if isGiven := c.isKnown && id == from.String(); strings.Contains(string(encoded), id) != isGiven {
					t.Errorf("the findings have the id %s: %t, want %t\n%s", id, !isGiven, isGiven, encoded)
				}
			}
			if len(server.ids) == 0 {
				t.Error("no ids were shown")
			}
			var stored []contracttest.Finding
			if err := json.Unmarshal(encoded, &stored); err != nil {
				t.Fatal(err)
			}
			replayed, err := contracttest.Replay(t.Context(), config, stored[i:i+1])
			if err != nil || replayed[0].Outcome != contracttest.OutcomeFailed {
				t.Errorf("the finding is %+v, %v", replayed, err)
			}
			// On a bank of its own, the ids are others.
			other := acmeOf(t, 7)
			if _, _, err := other.pockets(t.Context()); err != nil {
				t.Fatal(err)
			}
			config.Handler = &telling{Handler: other}
			replayed, err = contracttest.Replay(t.Context(), config, stored[i:i+1])
			if isFound := !c.isKnown; err != nil || (replayed[0].Outcome == contracttest.OutcomeFailed) != isFound {
				t.Errorf("elsewhere the finding is %+v, %v", replayed, err)
			}
		})
	}
}
