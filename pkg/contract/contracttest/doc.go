// Package contracttest holds what a program sends, and what answers it, against the contract, in the tests that the
// program has already:
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
// Nothing that this package prints, writes or returns has a value of a message in it.
package contracttest
