package contracttest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// A server may lock an account after some wrong passwords.
func TestFewWrongPasswordsAreTried(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		takes func(password, right string) bool
		rule  string
	}{
		{"a right server", func(password, right string) bool { return password == right }, ""},
		{"one that takes what is longer", strings.HasPrefix, "longer_password"},
		{"one that takes whatever", func(string, string) bool { return true }, "wrong_password"},
	} {
		config := bank(t)
		right := config.Handler
		var mu sync.Mutex
		wrong, row, most := 0, 0, 0
		config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "login") {
				content, _ := io.ReadAll(r.Body)
				var given struct{ Username, Password any }
				_ = json.Unmarshal(content, &given)
				mu.Lock()
				if given.Username == config.Username {
					row++
					if given.Password == config.Password.Reveal() {
						row = 0
					} else {
						wrong++
					}
					most = max(most, row)
				}
				mu.Unlock()
				password, _ := given.Password.(string)
				if given.Username == config.Username && c.takes(password, config.Password.Reveal()) {
					content, _ = json.Marshal(map[string]string{"username": config.Username,
						"password": config.Password.Reveal()})
				}
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
			}
			right.ServeHTTP(w, r)
		})
		config.Operations = []string{"login"}
		report, err := contracttest.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if wrong > 15 || most > 1 {
			t.Errorf("%s: %d wrong passwords, %d of them in a row", c.name, wrong, most)
		}
		isFound := slices.ContainsFunc(report.Findings, func(f contracttest.Finding) bool {
			return f.Place == "body" && f.Rule == c.rule && f.Confirmed
		})
		if isFound != (c.rule != "") {
			t.Errorf("%s: %v", c.name, report.Findings)
		}
	}
}
