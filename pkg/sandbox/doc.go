// Package sandbox is a local Partner API: it serves every operation of the contract over HTTP, with a whole bank behind
// them. Everything is in memory, and with Config.Store in a file as well (package sqlitestore). Tokens, signatures,
// validation and idempotency work as they are documented to work in the real one.
//
//	bank, err := sandbox.New(sandbox.Config{})
//	if err != nil {
//		return err
//	}
//	defer bank.Close()
//	local := httptest.NewServer(bank)
//
// A client reaches it at local.URL, as [DefaultUsername] with [DefaultPassword] and [DefaultSigningSecret]. In a test,
// [Start] makes all of it, and a client, in one line. [Sandbox.Advance] moves the clock, and what becomes due on the
// way happens. [Differences] has the rules that are not in the schemas of the contract, documented or inferred; they
// are in docs/sandbox.md, too.
package sandbox
