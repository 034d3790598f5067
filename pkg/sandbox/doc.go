// Package sandbox is a local Partner API. It keeps customers, pockets and a ledger in memory and serves the contract
// over HTTP; tokens, signatures, validation and idempotency work as they do in the real one.
//
//	bank, err := sandbox.New(sandbox.Config{})
//	if err != nil {
//		return err
//	}
//	defer bank.Close()
//	local := httptest.NewServer(bank)
//
// A client reaches it at local.URL, as [DefaultUsername] with [DefaultPassword] and [DefaultSigningSecret]. In a test,
// [Start] makes all of it, and a client, in one line. What it serves, and how it behaves where the provider's rules are
// not documented, is in docs/sandbox.md.
package sandbox
