package contracttest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	noSecondCaller = "no second caller was given: whether one caller sees or reaches what is another's (F204, F206) " +
		"was not tested"
	noAddress = "no address was given at which the server reaches the run (ReceiverAddress, --receiver-address): " +
		"deliveries of events (F908) were not tested"
	notFound = ", and was not found there: the exclusion may go, or is of something else"
	noWrites = "nothing was written: operations that change something were not tested"

	neverSucceeded = "1 of 1 operations never succeeded, so that little was tested of them: [listPockets]"
)

// What a run was not given, and what it was given for nothing, is said, and nothing else is.
func TestARunSaysWhatItDidNotProve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*contracttest.Config)
		want   []string
	}{
		"nothing is missing": {func(*contracttest.Config) {}, nil},
		"no second caller": {func(c *contracttest.Config) { c.Phases, c.Other = nil, contracttest.Credentials{} },
			[]string{noSecondCaller}},
		"no second caller, of whom nothing would be asked": {func(c *contracttest.Config) {
			c.Other = contracttest.Credentials{}
		}, nil},
		"what all may see needs no second caller": {func(c *contracttest.Config) {
			c.Phases, c.Other, c.Operations = nil, contracttest.Credentials{}, []string{"listTradingStrategies"}
		}, nil},
		"nobody writes": {func(c *contracttest.Config) { c.AllowWrites = false }, []string{noWrites}},
		"an operation fails": {func(c *contracttest.Config) {
			c.Handler = failing(c.Handler, "/api/v2/pockets/")
			c.Excluded = []contracttest.Exclusion{{"F101", "", "it is down"}, {"not_a_server_error", "", "it is down"}}
		}, []string{"F101 is excluded of any operation" + notFound, neverSucceeded}},
		"an exclusion is of another operation": {func(c *contracttest.Config) {
			c.Handler = failing(c.Handler, "/api/v2/pockets/")
			c.Excluded = []contracttest.Exclusion{{"F100", "listPockets", "it is down"}, {"F100", "getPocket", "too"}}
		}, []string{"F100 is excluded of getPocket" + notFound, neverSucceeded}},
		"a name that no parameter has": {func(c *contracttest.Config) {
			c.Known = map[string][]string{"pocket_id": {"1"}, "pocket": {"1"}, "limit": {"1"}}
		}, []string{`Known has ids for "limit", which is no parameter of a path of the contract: they were not used`,
			`Known has ids for "pocket", which is no parameter of a path of the contract: they were not used`}},
	} {
		config := banks(t)
		config.Operations, config.Phases = []string{"listPockets"}, []string{"examples", "deliveries"}
		c.change(&config)
		report, err := contracttest.Run(t.Context(), config)
		if err != nil {
			t.Fatal(name, err)
		}
		if got, want := strings.Join(report.Warnings, "\n"), strings.Join(c.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A server that is elsewhere cannot deliver to this machine.
func TestARunWithoutAnAddressSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operations []string
		phases     []string
		isReading  bool
		want       bool
	}{
		"events are tested":     {[]string{"createSubscription"}, nil, false, true},
		"nobody subscribes":     {[]string{"getHealth"}, nil, false, false},
		"deliveries are not":    {[]string{"createSubscription"}, []string{"examples"}, false, false},
		"nothing is subscribed": {[]string{"createSubscription"}, nil, true, false},
	} {
		got := contracttest.WithoutMeans(contracttest.Config{URL: "https://bank.example", Username: "a",
			Password: signing.NewSecret("b"), SigningSecret: signing.NewSecret("c"), AllowWrites: !c.isReading,
			Operations: c.operations, Phases: c.phases})
		if has := strings.Contains(got, noAddress); has != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// failing answers 500 at a path.
func failing(h http.Handler, path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
}
