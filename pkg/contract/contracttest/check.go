package contracttest

import "slices"

// A Check is something that a run looks for. docs/contract-tests.md has an example of each.
type Check struct {
	// Code is F and three digits. Those below 900 are the fault codes of Web Fuzzing Commons; from 900 on they are
	// ours.
	Code string `json:"code"`
	// Name is short, as schemathesis and RESTler call it if they have it.
	Name string `json:"name"`
	// Finds says in a sentence what is wrong where it finds something.
	Finds string `json:"finds"`
	// Example is one of what it finds.
	Example string `json:"example"`
	// Published says that schemathesis has it, too.
	Published bool `json:"published"`
}

// String returns the code and the name.
func (c Check) String() string { return c.Code + " " + c.Name }

// The codes of checks.
const (
	codeServerError    = "F100"
	codeSchema         = "F101"
	codeInvalid        = "F102"
	codeUseAfterFree   = "F103"
	codeLeftover       = "F104"
	codeInjection      = "F200"
	codeMarkup         = "F201"
	codeRequests       = "F202"
	codeMassAssignment = "F203"
	codeExistence      = "F204"
	codeNotRecognized  = "F205"
	codeOthersData     = "F206"
	codeAnonymousRead  = "F207"
	codeAnonymousWrite = "F208"
	codeStackTrace     = "F209"
	codeHidden         = "F210"
	codeSecondEffect   = "F901"
	codeKeyReused      = "F902"
	codeReplay         = "F903"
	codeRace           = "F904"
	codeBlockedKey     = "F905"
	codeSignature      = "F906"
	codeOracle         = "F907"
	codeDelivery       = "F908"
	codeMoney          = "F909"
	codeEcho           = "F910"
	codeStrictJSON     = "F911"
	codePages          = "F912"
	codeDigits         = "F913"
	codeStatus         = "F920"
	codeMedia          = "F921"
	codeHeaders        = "F922"
	codeValid          = "F923"
	codeMissingHeader  = "F924"
	codeMethod         = "F925"
	codeAllow          = "F926"
	codeAvailability   = "F927"
	codeSlow           = "F928"
	codeHierarchy      = "F929"
	codeNoAnswer       = "F930"
	codeReadBack       = "F931"
	codeFilter         = "F932"
)

var checks = []Check{
	{codeServerError, "not_a_server_error", "The server answers with a status of 500 or more.",
		"listWires answers 500 to one of the two directions", true},
	{codeSchema, "response_schema_conformance", "An answer is not what the contract describes.",
		"getPocket shows a pocket without its status", true},
	{codeInvalid, "negative_data_rejection", "A request that the contract does not allow succeeds.",
		"createOnUsTransfer takes 0 cents, and answers 201", true},
	{codeUseAfterFree, "use_after_free", "What was removed is still there.",
		"getSubscription answers 200 after deleteSubscription", true},
	{codeLeftover, "leakage", "A request that was refused has left something behind.",
		"createWire answers 422, and getWire finds the wire", false},
	{codeInjection, "sql_injection", "A text of a request becomes a part of a query of the server's.",
		"getPocket finds a pocket by the id 1' OR '1'='1, and none by 1' OR '1'='2", false},
	{codeMarkup, "cross_site_scripting", "An answer is a page that has markup of the request in it.",
		"a 404 is a page of HTML that shows <script> of the path", false},
	{codeRequests, "request_forgery", "The server asks for something at an address that it has from a request.",
		"createSubscription calls the url of a request that nobody has signed", false},
	{codeMassAssignment, "mass_assignment", "A member that only the server sets is taken from a request.",
		"createPocket takes a balance from its body", false},
	{codeExistence, "existence_leakage", "The answer tells what exists from what does not, to whom it must not.",
		"another tenant's pocket is 403, and one that nobody has 404", false},
	{codeNotRecognized, "not_recognized", "A caller with the right credentials is told that they are wrong.",
		"listEvents answers 401 to the token that all others take", false},
	{codeOthersData, "missed_authorization", "A caller reaches what is another caller's.",
		"getPocket shows another tenant's pocket", false},
	{codeAnonymousRead, "anonymous_read", "Somebody without a token reads what is protected.",
		"listPockets answers 200 without a token", true},
	{codeAnonymousWrite, "anonymous_write", "Somebody without a token changes something.",
		"fundAccount answers 202 without a token", true},
	{codeStackTrace, "stack_trace", "An answer shows the inside of the server.",
		"a 422 has \"Traceback (most recent call last)\" in it", false},
	{codeHidden, "hidden_operation", "A method that the contract does not have does something.",
		"DELETE of a pocket, which the contract does not have, answers 204", false},
	{codeSecondEffect, "second_effect", "A repeat of a request takes effect again.",
		"fundAccount, repeated under its key, pays in twice", false},
	{codeKeyReused, "key_reused", "A key is accepted that another request has used.",
		"createPocket answers 201 under the key of another pocket", false},
	{codeReplay, "replay_differs", "A repeat is answered otherwise than the request that it repeats.",
		"a repeat of createWire is answered with 200 and not with 201", false},
	{codeRace, "race", "Two requests under one key, at the same time, both take effect.",
		"of twelve equal requests at once, two make a transfer", false},
	{codeBlockedKey, "blocked_key", "A request that was refused keeps its key from being used.",
		"a body that was refused is mended, and refused under its key", false},
	{codeSignature, "signature", "A request is accepted whose signature is not its own.",
		"createWire takes a signature of which the first half is right", false},
	{codeOracle, "oracle", "The answer tells a good token from a bad one before the signature is right.",
		"an unknown token is told 401, and a known one with a wrong signature 403", false},
	{codeDelivery, "delivery", "An event is missing, doubled, wrongly signed or out of order.",
		"after a new secret, events are signed with the old one", false},
	{codeMoney, "money", "Money appears, vanishes, or a balance differs from its transactions.",
		"a transfer takes 10.00 dollars from a pocket, and brings 9.99", false},
	{codeEcho, "echo", "An error repeats a value of the request.",
		"createApplication refuses \"123-45-678X\" by name", false},
	{codeStrictJSON, "strict_json", "JSON is accepted that two readers would read differently.",
		"{\"amount_usdc\":1,\"amount_usdc\":100} is a transfer of 100 cents", false},
	{codePages, "pages", "A list that is read page by page repeats an item, or loses one.",
		"the last item of a page is the first of the next one as well", false},
	{codeDigits, "digits", "A large integer loses digits.",
		"9007199254740993 cents become 9007199254740992", false},
	{codeStatus, "status_code_conformance", "A status is not the one that the contract has for it.",
		"createCounterparty answers 200, and the contract names 201", true},
	{codeMedia, "content_type_conformance", "An answer has another media type than the contract says.",
		"a 404 is a page of HTML", true},
	{codeHeaders, "response_headers_conformance", "A header of an answer is missing or wrong.",
		"a header that the contract requires of an answer is missing", true},
	{codeValid, "positive_data_acceptance", "A request that the contract allows is refused as if it were wrong.",
		"createACHOrigination refuses CCD, which the contract has", true},
	{codeMissingHeader, "missing_required_header", "A request without a header that is required succeeds.",
		"uploadDocument succeeds without content-disposition", true},
	{codeMethod, "unsupported_method", "A method that there is not is not answered with 405 and Allow.",
		"PUT of a pocket answers 404", true},
	{codeAllow, "allow_header_conformance", "Allow names other methods than the contract.",
		"Allow of a pocket has DELETE", true},
	{codeAvailability, "ensure_resource_availability", "What was created cannot be read.",
		"createPocket answers 201, and getPocket of it 404", true},
	{codeSlow, "max_response_time", "An answer took longer than it may.",
		"getHealth takes longer than --max-response-time", true},
	{codeHierarchy, "resource_hierarchy", "Something is found below what it does not belong to.",
		"getCustomerPocket finds a pocket below another customer", false},
	{codeNoAnswer, "no_answer", "The server does not answer, not wholly, without end, or not in HTTP.",
		"the body of an answer has no end", false},
	{codeReadBack, "read_back", "What was written is read otherwise.",
		"a pocket that was renamed has its old name in the list", false},
	{codeFilter, "filter", "A list has what its filter or its order rules out.",
		"listPockets with filter[status]=OPEN has a closed one", false},
}

// Checks returns all checks, by their codes.
func Checks() []Check { return slices.Clone(checks) }

func checkByCode(code string) Check {
	for _, c := range checks {
		if c.Code == code {
			return c
		}
	}
	return Check{Code: code}
}
