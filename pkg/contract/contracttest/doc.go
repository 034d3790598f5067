// Package contracttest holds programs against the contract: a server that answers the API, and whoever calls it.
//
// # Who serves
//
// [Server] tests an [http.Handler], or what has a URL, and fails the test with each finding:
//
//	func TestTheServerKeepsTheContract(t *testing.T) {
//		contracttest.Server(t, handler, contracttest.WithCredentials("acme", password, signingSecret))
//	}
//
// It sends what the contract allows and what it does not, and looks at what comes back: statuses, schemas, headers,
// signatures, idempotency, pages, money, events. [Checks] are all that it can find. [Run] does the same without a test:
// it takes a [Config], and returns a [Report]. A [Finding] has steps that lead to it, as a test ([Finding.GoTest]) or
// as a script ([Finding.Script]); [Replay] and [Reproduce] take them again, to see whether it is gone. The package
// report writes reports for people and for other programs, and the command "partner contract" is all of that without
// Go.
//
// A URL is only read from unless [WithWrites] says otherwise, and the host of production is never written to.
//
// # Who calls
//
// [Transport] and [Middleware] watch a client, in the tests that a program has already:
//
//	client, err := partner.New(partner.Config{
//		BaseURL: server.URL, // … and credentials
//		Middleware: []func(http.RoundTripper) http.RoundTripper{contracttest.Middleware(t)},
//	})
//
// A call that the contract does not allow and an answer that it does not promise fail the test, and say at which
// operation, where in the message, by which rule, and by which line of the caller's: see [Transport]. The call is made
// all the same, and its answer handed on as it came.
//
// What was seen of the contract is counted: which operations, statuses, parameters, members and enum values. One line
// in TestMain shows that at the end, and demands a minimum:
//
//	func TestMain(m *testing.M) {
//		os.Exit(contracttest.Main(m, contracttest.Minimum{Tags: []string{"Wires"}, Operations: 1}))
//	}
//
// With the variable PARTNER_CONTRACT_DIR set, each test process writes there what it saw, and "partner contract report"
// joins it.
//
// # What is said of messages
//
// Nothing that this package prints, writes or returns has a value in it of a message that it watches, or of an answer
// that it gets. Requests that it makes up itself stand in the steps of findings, without tokens and secrets, and with
// the ids that a Config knows.
package contracttest
