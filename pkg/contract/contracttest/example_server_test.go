package contracttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// newHouse is a server of somebody's, which answers all but one operation as it should.
func newHouse() http.Handler {
	bank, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte("fine"))
			return
		}
		bank.ServeHTTP(w, r)
	})
}

var asSandbox = contracttest.WithCredentials(sandbox.DefaultUsername, sandbox.DefaultPassword,
	sandbox.DefaultSigningSecret)

// examplesAlone keeps the examples of this page short: a test leaves it out.
var examplesAlone = contracttest.WithConfig(func(c *contracttest.Config) { c.Phases = []string{"examples"} })

// told prints the beginning of what a test is told.
type told struct{ printing }

func (*told) Errorf(format string, args ...any) { fmt.Println("FAIL", beginning(format, args)) }
func (*told) Logf(format string, args ...any)   { fmt.Println(beginning(format, args)) }

func beginning(format string, args []any) string {
	const most = 90
	line, _, isCut := strings.Cut(fmt.Sprintf(format, args...), "\n")
	if len(line) > most {
		line, isCut = line[:most], true
	}
	if isCut {
		line += "…"
	}
	return line
}

// A test hands over its *testing.T.
func ExampleServer() {
	t := new(told)
	contracttest.Server(t, newHouse(), asSandbox, examplesAlone,
		contracttest.WithOperations("getHealth", "listTradingStrategies"))
	// Output:
	// FAIL F921 content_type_conformance: An answer has another media type than the contract says.…
	// seed 0: 5 requests, 1 findings
}

// houseConfig is what Run and Replay take.
func houseConfig() contracttest.Config {
	return contracttest.Config{Handler: newHouse(), Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
		Operations: []string{"getHealth"}, Phases: []string{"examples"}}
}

// Run is for programs. It reads alone, unless AllowWrites is set, and its report says what it has not proved.
func ExampleRun() {
	report, err := contracttest.Run(context.Background(), houseConfig())
	if err != nil {
		panic(err) // Nothing could be tested.
	}
	for _, f := range report.Findings {
		fmt.Println(f.Check, f.Operations, f.Place, f.Confirmed)
	}
	fmt.Println(report.Warnings)
	// Output:
	// F921 content_type_conformance [getHealth] header content-type true
	// [nothing was written: operations that change something were not tested]
}

// A finding that is stored is replayed until it is fixed.
func ExampleReplay() {
	report, err := contracttest.Run(context.Background(), houseConfig())
	if err != nil {
		panic(err)
	}
	stored, err := json.Marshal(report.Findings)
	if err != nil {
		panic(err)
	}

	var found []contracttest.Finding
	if err := json.Unmarshal(stored, &found); err != nil {
		panic(err)
	}
	mended := houseConfig()
	if mended.Handler, err = sandbox.New(sandbox.Config{}); err != nil {
		panic(err)
	}
	for _, config := range []contracttest.Config{houseConfig(), mended} {
		replayed, err := contracttest.Replay(context.Background(), config, found)
		if err != nil {
			panic(err)
		}
		fmt.Println(replayed[0].Outcome, replayed[0].Finding.Check.Code)
	}
	// Output:
	// FAILED F921
	// FIXED F921
}

// The test that a finding prints of itself is kept, so that it stays fixed.
func ExampleReproduce() {
	t := new(told)
	contracttest.Reproduce(t, newHouse(), `{
	"check":{"code":"F921","name":"content_type_conformance","finds":"An answer has another media type."},
	"operation":"getHealth","place":"header content-type","rule":"media_type","steps":[
	{"operation":"getHealth","method":"GET","path":"/health"}
	]}`, asSandbox)
	// Output:
	// FAIL F921 content_type_conformance: An answer has another media type.…
}

func ExampleFinding_GoTest() {
	report, err := contracttest.Run(context.Background(), houseConfig())
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(report.Findings[0].GoTest(), "\n") {
		if len(line) < 100 {
			fmt.Println(line)
		}
	}
	// Output:
	// func TestF921GetHealth_d8258df1(t *testing.T) {
	// 	contracttest.Reproduce(t, os.Getenv("JIKO_BASE_URL"), `{
	// 	{"operation":"getHealth","method":"GET","path":"/health"}
	// 	]}`, contracttest.WithWrites())
	// }
}

// The script is pasted into bash, with the server and the credentials in the environment.
func ExampleFinding_Script() {
	report, err := contracttest.Run(context.Background(), houseConfig())
	if err != nil {
		panic(err)
	}
	script := report.Findings[0].Script()
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "# F") || strings.HasPrefix(line, "send GET") ||
			strings.HasPrefix(line, "echo 'expected") {
			fmt.Print(line)
		}
	}
	// Output:
	// # F921 content_type_conformance: An answer has another media type than the contract says.
	// send GET '/health'
	// echo 'expected: header content-type must be one of: application/json'
}

// An exclusion says why; without a reason, the run is refused.
func ExampleWithExclusion() {
	t := new(told)
	report := contracttest.Server(t, newHouse(), asSandbox, examplesAlone, contracttest.WithOperations("getHealth"),
		contracttest.WithExclusion("F921", "getHealth", "the load balancer answers it"))
	fmt.Println(len(report.Findings), report.Excluded[0].Reason)
	contracttest.Server(t, newHouse(), asSandbox, contracttest.WithExclusion("F921", "getHealth", ""))
	// Output:
	// expected, since the load balancer answers it: F921 content_type_conformance: An answer has…
	// seed 0: 3 requests, 0 findings
	// 0 the load balancer answers it
	// FAIL contracttest: the server could not be tested: contracttest: unusable configuration: the ex…
}

// A server that a URL names is read alone, unless it may be written to. Bounds end a run, and its report says where.
func ExampleWithBounds() {
	t := new(told)
	report := contracttest.Server(t, newHouse(), asSandbox, contracttest.WithReadsOnly(), contracttest.WithSeed(7),
		contracttest.WithOperations("listTradingStrategies"), contracttest.WithBounds(3, time.Minute))
	fmt.Println(report.Requests, report.Unfinished[0])
	// Output:
	// warning: the run ended before it was through with credentials, recognition, methods, heads…
	// warning: nothing was written: operations that change something were not tested
	// seed 7: 5 requests, 0 findings
	// 5 credentials
}

// Credentials may be kept by a vault, or be those of a caller that is made for the run.
func ExampleWithCredentialsFrom() {
	t := new(told)
	contracttest.Server(t, newHouse(), examplesAlone, contracttest.WithOperations("listTradingStrategies"),
		contracttest.WithCredentialsFrom(func(context.Context) (contracttest.Credentials, error) {
			return contracttest.Credentials{Username: "sandbox", Password: signing.NewSecret("sandbox"),
				SigningSecret: signing.NewSecret("sandbox-signing-secret")}, nil
		}))
	// Output:
	// seed 0: 3 requests, 0 findings
}

// A gateway in front of the server asks for a key of its own.
func ExampleWithBeforeSend() {
	t := new(told)
	server := newHouse()
	gateway := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Gateway-Key") != "of the tests" {
			http.Error(w, "who are you?", http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	})
	contracttest.Server(t, gateway, asSandbox, examplesAlone, contracttest.WithOperations("listTradingStrategies"),
		contracttest.WithBeforeSend(func(r *http.Request) error {
			r.Header.Set("X-Gateway-Key", "of the tests")
			return nil
		}))
	// Output:
	// seed 0: 3 requests, 0 findings
}

// What an operation needs may be made by tools of the house's own. What cannot be made is left out.
func ExampleWithPrepare() {
	t := new(told)
	contracttest.Server(t, newHouse(), asSandbox, examplesAlone,
		contracttest.WithOperations("listTradingStrategies", "getWire"),
		contracttest.WithPrepare(func(_ context.Context, operation string) (map[string]string, error) {
			if operation == "getWire" {
				return nil, errors.New("there are no wires in staging")
			}
			return nil, nil // or such as {"pocket_id": "497f6eca-6276-4993-bfeb-53cbbbba6f08"}
		}))
	// Output:
	// warning: getWire was left out, as Prepare failed: there are no wires in staging
	// seed 0: 3 requests, 0 findings
}
