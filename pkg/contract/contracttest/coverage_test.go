package contracttest_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// roleVariable tells this test binary to be the test binary of somebody else, in a process of its own.
const roleVariable = "CONTRACTTEST_ROLE"

// tests are those of a package that calls a few operations.
type tests func() int

func (t tests) Run() int {
	flag.Parse() // as those of package testing do
	return t()
}

func TestMain(m *testing.M) {
	role, isRole := os.LookupEnv(roleVariable)
	if !isRole {
		hasten()
		os.Exit(m.Run())
	}
	var minimum contracttest.Minimum
	if err := json.Unmarshal([]byte(os.Getenv(roleVariable+"_MINIMUM")), &minimum); err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	os.Exit(contracttest.Main(tests(func() int { return play(role) }), minimum))
}

// play calls what a role says: method, target and status of each call.
func play(role string) int {
	own := new(watched)
	for call := range strings.SplitSeq(role, ";") {
		if call == "die" { // As when the process is killed while it calls.
			own.end()
			os.Exit(7)
		}
		parts := strings.Fields(call)
		if len(parts) != 3 {
			continue
		}
		body, answer := "", `{"items":[]}`
		if parts[0] == http.MethodPost {
			body, answer = transferOf(nil), `{"detail":[]}`
		}
		var status int
		_, _ = fmt.Sscan(parts[2], &status)
		if status >= 400 {
			answer = `{"detail":[]}`
		}
		if strings.Contains(parts[1], "agreements") {
			answer = agreements
		}
		transport := contracttest.Transport(own, answering(status, "application/json", answer))
		r, err := http.NewRequest(parts[0], "https://bank.example"+parts[1], strings.NewReader(body))
		if err != nil {
			return 8
		}
		r.Header.Set("X-Jiko-Idempotency", "497f6eca-6276-4993-bfeb-53cbbbba6f08")
		r.Header.Set("X-Jiko-Signature", "c2lnbmF0dXJl")
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if _, err := transport.RoundTrip(r); err != nil {
			return 8
		}
		if strings.HasPrefix(parts[1], "/late/") {
			own.end()
		}
	}
	if !own.ended {
		own.end()
	}
	for _, text := range own.errors {
		fmt.Println(text)
	}
	return len(own.errors)
}

// process runs a role in a process of its own.
func process(t *testing.T, folder, role string, minimum contracttest.Minimum, flags ...string) (status int,
	out string) {
	t.Helper()
	text, err := json.Marshal(minimum)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], flags...)
	c.Env = append(os.Environ(), roleVariable+"="+role, roleVariable+"_MINIMUM="+string(text),
		contracttest.DirectoryVariable+"="+folder)
	printed, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(printed)
}

func TestReportsOfManyProcessesAreOne(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "made", "for it")
	var all sync.WaitGroup
	for _, role := range []string{
		"GET /api/v2/pockets/?limit=1 200", "GET /api/v2/pockets/?filter[status]=OPEN 422", "POST " + transferPath +
			" 422",
		"GET /api/v1/agreements/ 200;die;GET /api/v2/trading-strategies/ 200", "", "GET /api/v2/pockets/ 503",
	} {
		all.Go(func() {
			if status, out := process(t, folder, role, contracttest.Minimum{}); status != 0 && status != 7 {
				t.Errorf("%s: %d\n%s", role, status, out)
			}
		})
	}
	all.Wait()
	// What a process leaves that is killed while it writes.
	if err := os.WriteFile(filepath.Join(folder, ".contract-1.tmp"), []byte(`{"format"`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, processes, err := contracttest.Join(folder)
	if err != nil || processes != 5 {
		t.Fatal(processes, err)
	}
	if got := c.Totals().String(); !strings.HasPrefix(got,
		"2 of 99 operations (and 1 only refused), 4 of 258 statuses, ") {
		t.Error(got)
	}
	pockets := operation(t, c, "listPockets")
	if want := []string{"query filter[status]", "query limit"}; !slices.Equal(pockets.Parameters.Seen, want) {
		t.Errorf("%q", pockets.Parameters)
	}
	if want := []string{"query filter[status]/* = OPEN"}; !slices.Equal(pockets.Values.Seen, want) {
		t.Errorf("%q", pockets.Values.Seen)
	}
	if !slices.Equal(pockets.Statuses.Seen, []string{"200", "422"}) || !slices.Equal(pockets.OtherStatuses,
		[]int{503}) {
		t.Errorf("%q %d", pockets.Statuses, pockets.OtherStatuses)
	}
	transfer := operation(t, c, "createOnUsTransfer")
	if !transfer.Called || transfer.Exercised || !slices.Contains(transfer.Members.Seen, "body /from_account/id") ||
		!slices.Contains(transfer.Values.Seen, "body /type = PEER_TO_PEER") ||
		slices.Contains(transfer.Members.Seen, "body /transfer_id") {
		t.Errorf("%+v", transfer)
	}
	if values := operation(t, c, "listAgreements").Values.Seen; !slices.Equal(values,
		[]string{"200 /documents/*/category = BANK", "200 /documents/*/type = CARD"}) {
		t.Errorf("%q", values)
	}
}

func operation(t *testing.T, c contracttest.Coverage, id string) contracttest.OperationCoverage {
	t.Helper()
	i := slices.IndexFunc(c.Operations, func(o contracttest.OperationCoverage) bool { return o.ID == id })
	if i < 0 {
		t.Fatal(id)
	}
	return c.Operations[i]
}

func TestWhatCannotBeJoinedIsAnError(t *testing.T) {
	t.Parallel()
	good := t.TempDir()
	if status, out := process(t, good, "GET /api/v2/pockets/ 200", contracttest.Minimum{}); status != 0 {
		t.Fatal(out)
	}
	names, err := filepath.Glob(filepath.Join(good, "contract-*.json"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(string) string
		want   string
	}{
		"half a file": {func(s string) string { return s[:len(s)/2] }, "is damaged"},
		"another format": {func(s string) string { return strings.Replace(s, `"format":1`, `"format":2`, 1) },
			"its format is 2"},
		"another contract": {func(s string) string { return strings.Replace(s, `"digest":"`, `"digest":"0`, 1) },
			"another contract"},
		"an operation that there is not": {func(s string) string {
			return strings.Replace(s, "listPockets",
				"lostPockets", 1)
		},
			"does not have: lostPockets"},
		"a status that there is not": {func(s string) string { return strings.Replace(s, `"200"`, `"299"`, 1) },
			"something of listPockets"},
	} {
		folder := t.TempDir()
		changed := c.change(string(text))
		if changed == string(text) {
			t.Errorf("%s: nothing changed", name)
		}
		for file, content := range map[string]string{"contract-a.json": string(text), "contract-b.json": changed} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := contracttest.Join(folder); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "contract-b.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := contracttest.Join(t.TempDir()); err == nil || !strings.Contains(err.Error(), "-count=1") {
		t.Error(err)
	}
	if _, _, err := contracttest.Join(filepath.Join(good, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestMainDemandsAMinimum(t *testing.T) {
	t.Parallel()
	const calls = "GET /api/v2/pockets/?limit=1 200;POST " + transferPath + " 422"
	for name, c := range map[string]struct {
		role    string
		minimum contracttest.Minimum
		flags   []string
		status  int
		want    string
	}{
		"nothing is demanded": {calls, contracttest.Minimum{}, nil, 0,
			"seen in 2 calls: 1 of 99 operations (and 1 only refused), "},
		"what was answered is enough": {calls, contracttest.Minimum{Only: []string{"listPockets"}, Operations: 1,
			Statuses: .5},
			nil, 0, "1 of 1 operations, 1 of 2 statuses, 1 of 5 parameters"},
		"what was refused is not": {calls, contracttest.Minimum{Only: []string{"createOnUsTransfer", "listPockets"},
			Operations: 1},
			nil, 1, "operations: 1 of 2, and not 100 %: createOnUsTransfer\n"},
		"a tag": {calls, contracttest.Minimum{Tags: []string{"On-Us Transfers"}, Operations: .5}, nil, 1,
			"operations: 0 of 2, and not 50 %: createOnUsTransfer, getOnUsTransfer\n"},
		"too few statuses": {calls, contracttest.Minimum{Only: []string{"listPockets"}, Statuses: 1}, nil, 1,
			"statuses: 1 of 2, and not 100 %: listPockets 422\n"},
		"what was never seen": {calls, contracttest.Minimum{Only: []string{"listPockets"}}, nil, 0,
			"  listPockets: never 422, query omit[], query valuation_type, query filter[status], " +
				"query cursor,\n    200 /"},
		"an operation that there is not": {calls, contracttest.Minimum{Only: []string{"listPokets"}, Operations: 1},
			nil, 1,
			`the contract has no operation "listPokets"`},
		"a share that is none": {calls, contracttest.Minimum{Operations: 100}, nil, 1,
			"the minimum of operations is not from 0 to 1"},
		"a part of the tests": {calls, contracttest.Minimum{Operations: 1}, []string{"-test.run=Some"}, 0,
			"no minimum is demanded with -run"},
		"the short tests": {calls, contracttest.Minimum{Operations: 1}, []string{"-test.short"}, 0,
			"demanded with -short"},
		"no calls at all": {"", contracttest.Minimum{Operations: .1}, nil, 1,
			"operations: 0 of 99, and not 10 %"},
		"no calls, and nothing demanded": {"", contracttest.Minimum{}, nil, 0, ""},
		"tests that fail": {"GET /api/v2/pockets/?limits=1 200", contracttest.Minimum{}, nil, 1,
			"query limits"},
		"a finding too late": {"GET /late/ 200;GET /api/v2/pockets/?limits=1 200", contracttest.Minimum{}, nil, 1,
			"1 findings came when their test had ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out := process(t, "", c.role, c.minimum, c.flags...)
			if status != c.status || !strings.Contains(out, c.want) || c.want == "" && out != "" {
				t.Errorf("%d, want %d and %q\n%s", status, c.status, c.want, out)
			}
		})
	}
}

func TestAFolderThatDependsOnThePackageIsRefused(t *testing.T) {
	t.Parallel()
	status, out := process(t, "coverage", "GET /api/v2/pockets/ 200", contracttest.Minimum{})
	if status == 0 || !strings.Contains(out, contracttest.DirectoryVariable+" is not an absolute path") {
		t.Error(status, out)
	}
	if _, err := os.Stat("coverage"); err == nil {
		t.Error("it was made")
	}
}

// A test that sees nothing new writes nothing, so that many tests cost no more than one.
func TestAFileIsWrittenWhenSomethingIsNew(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(contracttest.DirectoryVariable, folder)
	var before os.FileInfo
	for i, target := range []string{"/api/v1/events/", "/api/v1/events/", "/api/v1/events/?limit=7"} {
		own := new(watched)
		transport := contracttest.Transport(own, answering(200, "application/json", `{"items":[]}`))
		if _, err := transport.RoundTrip(signed(t, "GET", target, "")); err != nil {
			t.Fatal(err)
		}
		own.end()
		names, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(names) != 1 || len(own.errors) > 0 {
			t.Fatal(names, err, own.errors)
		}
		file, err := os.Stat(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && os.SameFile(before, file) != (i == 1) {
			t.Errorf("call %d: same file: %t", i, os.SameFile(before, file))
		}
		before = file
	}
	if !slices.Contains(operation(t, contracttest.Covered(), "listEvents").Parameters.Seen, "query limit") {
		t.Error("it was not seen")
	}
}
