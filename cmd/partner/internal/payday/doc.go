// Package payday, by [Run], shows what the client of package partner withstands. Processes pay through it, by on-us
// transfers, over ACH and by wire, from a sandbox that does to their requests whatever a network, a proxy and a server
// can do: every kind of package fault, before the effect and after it. Meanwhile the bank and the payers are killed
// with SIGKILL. Each payment has a reference of its own, as an invoice has a number. In the end the bank's books are
// compared with what the client told the payers.
//
//	report, err := payday.Run(ctx, payday.Config{Bank: []string{binary, "sandbox", "torture", "bank"}, …})
//	if err != nil {
//		return err // it could not be carried out
//	}
//	return report.Write(os.Stdout) // report.Err() says whether everything held
//
// A payer works as the guide of the client says: it writes down what it is to pay, and the key, before it calls, and
// what came of it afterwards; it follows the advice of each outcome; and when it is killed, the next one goes on from
// what it finds written.
package payday
