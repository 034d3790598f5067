// Package otherbank is a second server of a part of the Partner API, which shares nothing with the sandbox but the
// contract: pockets, subscriptions and events, with the login, and with as much of onboarding as it takes to have a
// customer. It was written from openapi.yaml and the guides with the standard library alone.
//
// It is there to be tested by contracttest, which must find nothing. Where the contract leaves a choice, it does not do
// what the sandbox does, and a [Mood] has it do what other servers might:
//
//	bank := otherbank.New(otherbank.Moods()[0])
//	defer bank.Close()
//
// It is a right server, not a good one: it keeps everything in memory, and calls nobody but this machine.
package otherbank
