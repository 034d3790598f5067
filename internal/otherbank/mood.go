package otherbank

import "time"

// A Mood is what a server does where the contract leaves it a choice. The zero value of each member is one, too.
type Mood struct {
	Name string

	// RefusesRepeats has every repeat refused. Otherwise it gets the stored answer, or a refusal while the first
	// request runs.
	RefusesRepeats bool
	// ReadsHaveKeys remembers the keys of reads as well.
	ReadsHaveKeys bool
	// SameByValue compares bodies as JSON rather than byte by byte.
	SameByValue bool
	// Takes is how long a write is under way.
	Takes time.Duration

	// Unknown, BadKey, KnownKey, OtherUse, Rule and Media are the statuses of refusals that the contract does not name:
	// of credentials, of what is no key, of a repeat, of a key that another request has used, of rules of the bank, and
	// of a body in another media type. 0 is 401, 400, 409, 409, 409 and 415.
	Unknown, BadKey, KnownKey, OtherUse, Rule, Media int
	// Errors is the form of error bodies: "" is a text, "problem" all members there are and more, "bare" the least.
	Errors string
	// Numbered has a number of its own in the words of each refusal.
	Numbered bool
	// Everywhere asks for credentials before it says that there is no such path or method.
	Everywhere bool
	// AddsSlash redirects a path without its slash to the one with it.
	AddsSlash bool
	// LooksFirst says that a thing is unknown before it says that the body is wrong.
	LooksFirst bool
	// Strict refuses what the contract does not forbid: members and parameters that it does not know, events of types
	// that it does not list, URLs that are not public ones of https.
	Strict bool
	// NoHEAD refuses HEAD.
	NoHEAD bool
	// EveryNth, if it is not 0, has each n-th request refused with 429.
	EveryNth int64

	// NewestFirst and ByID are orders of lists. Otherwise the oldest is first.
	NewestFirst, ByID bool
	// MostOnPage, if it is not 0, is less than the limit may be.
	MostOnPage int
	// EagerNext has a next page behind each full one, which may be empty.
	EagerNext bool
	// AnyCursor takes a cursor that it has not given for none.
	AnyCursor bool

	// Sparse leaves out all members that may be left out, and Chatty adds some that the contract does not have.
	Sparse, Chatty bool
	// Indented writes JSON on several lines, with its media type in other words.
	Indented bool
	// Zone is that of times in answers. nil is UTC.
	Zone *time.Location

	// OpensAfter is how many requests later a new pocket is open that is PENDING at first.
	OpensAfter int64
	// Accepts answers 202 to the change of a subscription.
	Accepts bool
	// DigitTokens has tokens of digits alone.
	DigitTokens bool
	// DeliversAfter is how long a delivery waits.
	DeliversAfter time.Duration
	// DeliversAtOnce has deliveries overtake each other, and RepeatsNth, if it is not 0, has each n-th come twice.
	DeliversAtOnce bool
	RepeatsNth     int
	// PricedDaily has what pockets are worth be that of the beginning of the day. Otherwise it is that of the moment.
	PricedDaily bool
	// CreditsAfter is how long what is paid into a pocket is under way.
	CreditsAfter time.Duration
	// Onboards has customers made by an application. Otherwise there are only those that were there before.
	Onboards bool
}

// Moods are servers that differ as much as the contract lets them.
func Moods() []Mood {
	return []Mood{
		{Name: "plain", Onboards: true},
		{Name: "refusing", Onboards: true, RefusesRepeats: true, Unknown: 403, BadKey: 401, KnownKey: 422,
			OtherUse: 422, Rule: 422, Media: 400, Errors: "bare", Everywhere: true, LooksFirst: true,
			NewestFirst: true,
			MostOnPage:  5,
			Sparse:      true, NoHEAD: true},
		{Name: "talkative", Onboards: true, Errors: "problem", Numbered: true, ByID: true, EagerNext: true,
			Chatty: true, Indented: true, Zone: time.FixedZone("", -7*3600-1800), SameByValue: true,
			ReadsHaveKeys: true, AnyCursor: true, Accepts: true, Rule: 400,
			KnownKey: 425, BadKey: 422, Media: 422, AddsSlash: true},
		{Name: "strict", Onboards: true, Strict: true, Rule: 400, OtherUse: 400, Errors: "text", LooksFirst: true,
			NewestFirst: true, MostOnPage: 2, Everywhere: true, DigitTokens: true},
		{Name: "slow", Onboards: true, Takes: 200 * time.Microsecond, OpensAfter: 5,
			DeliversAfter: 900 * time.Millisecond, CreditsAfter: 300 * time.Millisecond, PricedDaily: true, Rule: 403,
			Unknown: 400, BadKey: 400, Media: 406, NewestFirst: true},
		{Name: "hasty", Onboards: true, DeliversAtOnce: true, RepeatsNth: 31, PricedDaily: true,
			CreditsAfter: 15 * time.Millisecond},
		{Name: "closed to newcomers", RefusesRepeats: true, Rule: 422, Errors: "problem", ByID: true},
		{Name: "busy", Onboards: true, EveryNth: 23, Errors: "problem", NewestFirst: true},
	}
}

// or is a status, or another one where there is none.
func or(status, otherwise int) int {
	if status == 0 {
		return otherwise
	}
	return status
}
