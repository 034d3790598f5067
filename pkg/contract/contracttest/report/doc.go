// Package report writes down what a contract test has seen: as text for a terminal, as JSON that is replayed, as JUnit
// XML for the system that ran it, and as one page of HTML.
//
//	seen, err := contracttest.Run(ctx, config)
//	…
//	about := report.About{URL: config.URL, Version: "1.0.0", Started: start, Took: time.Since(start)}
//	err = report.WriteJSON(file, seen, about)
//
// The JSON is valid by the report schema of Web Fuzzing Commons, so that its readers show it, and has all that was seen
// in a member of its own, "partner". [Read] reads that again, for [contracttest.Replay].
//
// The schema of version 0.6.0 knows the codes 100–104, 200–206 and 900–999. Ours are the same, but for F207 to F210,
// which Web Fuzzing Commons has as faults and its schema does not let through: they are written as 987 to 990. The
// context of each fault begins with the code that it has here.
//
// Nothing that is written has a secret in it, as findings have none. What stands in a report may come from a server, or
// from a file of somebody else's: it is escaped, and steps are checked when they are read.
package report
