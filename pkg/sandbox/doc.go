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
// [Start] makes all of it, and a client, in one line. [Differences] has the rules that are not in the schemas of the
// contract, documented or inferred; they are in docs/sandbox.md, too.
//
// # Time
//
// [Sandbox.Advance], [Sandbox.SetClock] and [Sandbox.RunUntilQuiet] move the clock, and what becomes due on the way
// happens. With Config.Clock it stands still until then, and the same requests get the same answers, byte for byte.
// [Sandbox.TakeSnapshot] and [Sandbox.RestoreSnapshot] go back, [Sandbox.Reset] to the beginning.
//
// # Bad days
//
// A [Rule] has something else happen to the requests that it matches: a refusal, another outcome, or a fault of the
// line (package fault). Config.Rules, [Sandbox.SetRules] and [LoadRules] set rules, and [MagicRules] are there from the
// start. [Sandbox.Decide] and [Sandbox.SettleNow] decide about what is there already. Package recipe has a way to every
// answer and every state.
//
// # Webhooks
//
// Events are delivered to their subscribers, signed and repeated, by package delivery. [Sandbox.SetDeliveryFaults] has
// that go wrong, [Sandbox.AwaitDeliveries] waits for it, [Sandbox.ReceiveWire] has money come in.
//
// # What has happened
//
// [Sandbox.Balances], [Sandbox.Ledger], [Sandbox.Events], [Sandbox.Requests] and [Sandbox.State] show it;
// [Sandbox.Check] adds everything up. All of this is there for other languages as well, under /__sandbox/, as the
// document at [ControlPath] describes.
package sandbox
