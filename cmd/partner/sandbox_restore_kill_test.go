//go:build !race

// As in the test of a killed sandbox: the process that is killed would be ten times slower.

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// control sends a request to the controls, and reports whether it was answered. It fails on a refusal.
func (v *victim) control(t *testing.T, client *http.Client, method, path, body string, into any) (answered bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, v.base+"/__sandbox/"+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		t.Errorf("%s %s is answered with %s", method, path, response.Status)
	}
	if into == nil {
		return true
	}
	return json.NewDecoder(response.Body).Decode(into) == nil
}

// state is the hash of what a sandbox knows.
func (v *victim) state(t *testing.T, client *http.Client) string {
	t.Helper()
	var state struct {
		Hash string `json:"hash"`
	}
	if !v.control(t, client, http.MethodGet, "state/", "", &state) || state.Hash == "" {
		t.Fatal("the sandbox does not say what it knows")
	}
	return state.Hash
}

// Whenever the process is killed while it goes back to one snapshot or on to another, what is in its file is all of the
// one or all of the other, and adds up.
func TestASandboxThatIsKilledWhileItGoesBackIsAllOfOneOrOfTheOther(t *testing.T) {
	t.Parallel()
	kills := 5
	if text := os.Getenv("SANDBOX_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const (
		each     = 10  // as many kills as a bank lives through, before it has much to read again
		payments = 300 // Of those, a restore removes or writes some 2,000 records.
	)
	var (
		arguments   []string
		file        string
		v           *victim
		random      = rand.New(rand.NewPCG(3, 4))
		ends        = map[string]int{}
		interrupted int
		client      = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	)
	defer client.CloseIdleConnections()
	for kill := range kills {
		if kill%each == 0 {
			if v != nil {
				v.kill()
			}
			file = filepath.Join(t.TempDir(), "bank.db")
			arguments = []string{"--addr", "127.0.0.1:0", "--data", file, "--clock", "2026-01-05T15:00:00Z"}
			v = startVictim(t, arguments...)
		}
		v.token = logIn(t, v)
		pockets, _ := openPockets(t, v)
		names := []string{"before", "after"}
		hashes := map[string]string{}
		take := func(name string) {
			t.Helper()
			hashes[v.state(t, client)] = name
			if !v.control(t, client, http.MethodPost, "snapshots/", fmt.Sprintf(`{"name":%q}`, name), nil) {
				t.Fatal("no snapshot was taken")
			}
		}
		take("before")
		var workers sync.WaitGroup
		for range 8 {
			orders := make([]*payment, payments/8)
			for i := range orders {
				orders[i] = newPayment(t, random, pockets)
			}
			workers.Go(func() {
				for _, p := range orders {
					if answer, _, arrived := v.pay(client, p); !arrived || !strings.HasPrefix(answer, "20") {
						t.Errorf("a payment is answered with %q", answer)
					}
				}
			})
		}
		workers.Wait()
		take("after")
		if len(hashes) != 2 {
			t.Fatal("the payments have changed nothing")
		}

		moment := time.Duration(random.IntN(60_000)) * time.Microsecond
		begun, last := make(chan struct{}), ""
		workers.Go(func() {
			for i := 0; ; i++ {
				name := names[i%2]
				if !v.control(t, client, http.MethodPost, "snapshots/"+name+"/restore/", "", nil) { // It is dead.
					return
				}
				if last = name; i == 0 {
					close(begun)
				}
			}
		})
		<-begun
		time.Sleep(moment)
		v.kill()
		workers.Wait()
		client.CloseIdleConnections()

		out := execute(t, nil, "", "sandbox", "verify", file)
		if out.status != exitOK || !strings.Contains(out.stdout, "Everything adds up.") {
			t.Fatalf("after kill %d: %s%s", kill+1, out.stdout, out.stderr)
		}
		v = startVictim(t, arguments...)
		is := hashes[v.state(t, client)]
		if is == "" {
			t.Fatalf("after kill %d it is neither what it was nor what it was to be", kill+1)
		}
		ends[is]++
		if is != last { // The last one took effect, and its answer was lost.
			interrupted++
		}
	}
	t.Logf("%d kills: %v; %d times the restore that was under way has lasted", kills, ends, interrupted)
	v.kill()
}
