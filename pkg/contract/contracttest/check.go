package contracttest

import "slices"

// A Check is something that a run looks for. docs/contract-tests.md has an example of each.
type Check struct {
	// Code is F and three digits. Those below 900 are the fault codes of Web Fuzzing Commons; from 900 on they are ours.
	Code string `json:"code"`
	// Name is short, as schemathesis and RESTler call it if they have it.
	Name string `json:"name"`
	// Finds says in a sentence what is wrong where it finds something.
	Finds string `json:"finds"`
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
	{codeServerError, "not_a_server_error", "The server answers with a status of 500 or more.", true},
	{codeSchema, "response_schema_conformance", "An answer is not what the contract describes.", true},
	{codeInvalid, "negative_data_rejection", "A request that the contract does not allow succeeds.", true},
	{codeUseAfterFree, "use_after_free", "What was removed is still there.", true},
	{codeLeftover, "leakage", "A request that was refused has left something behind.", false},
	{codeMassAssignment, "mass_assignment", "A member that only the server sets is taken from a request.", false},
	{codeExistence, "existence_leakage", "The answer tells what exists from what does not, to whom it must not.", false},
	{codeNotRecognized, "not_recognized", "A caller with the right credentials is told that they are wrong.", false},
	{codeOthersData, "missed_authorization", "A caller reaches what is another caller's.", false},
	{codeAnonymousRead, "anonymous_read", "Somebody without a token reads what is protected.", true},
	{codeAnonymousWrite, "anonymous_write", "Somebody without a token changes something.", true},
	{codeStackTrace, "stack_trace", "An answer shows the inside of the server.", false},
	{codeHidden, "hidden_operation", "A method that the contract does not have does something.", false},
	{codeSecondEffect, "second_effect", "A repeat of a request takes effect again.", false},
	{codeKeyReused, "key_reused", "A key is accepted that another request has used.", false},
	{codeReplay, "replay_differs", "A repeat is answered otherwise than the request that it repeats.", false},
	{codeRace, "race", "Two requests under one key, at the same time, both take effect.", false},
	{codeBlockedKey, "blocked_key", "A request that was refused keeps its key from being used.", false},
	{codeSignature, "signature", "A request is accepted whose signature is not its own.", false},
	{codeOracle, "oracle", "The answer tells a good token from a bad one before the signature is right.", false},
	{codeDelivery, "delivery", "An event is missing, doubled, wrongly signed or out of order.", false},
	{codeMoney, "money", "Money appears, vanishes, or a balance differs from its transactions.", false},
	{codeEcho, "echo", "An error repeats a value of the request.", false},
	{codeStrictJSON, "strict_json", "JSON is accepted that two readers would read differently.", false},
	{codePages, "pages", "A list that is read page by page repeats an item, or loses one.", false},
	{codeDigits, "digits", "A large integer loses digits.", false},
	{codeStatus, "status_code_conformance", "A status is not the one that the contract has for it.", true},
	{codeMedia, "content_type_conformance", "An answer has another media type than the contract says.", true},
	{codeHeaders, "response_headers_conformance", "A header of an answer is missing or wrong.", true},
	{codeValid, "positive_data_acceptance", "A request that the contract allows is refused as if it were wrong.", true},
	{codeMissingHeader, "missing_required_header", "A request without a header that is required succeeds.", true},
	{codeMethod, "unsupported_method", "A method that there is not is not answered with 405 and Allow.", true},
	{codeAllow, "allow_header_conformance", "Allow names other methods than the contract.", true},
	{codeAvailability, "ensure_resource_availability", "What was created cannot be read.", true},
	{codeSlow, "max_response_time", "An answer took longer than it may.", true},
	{codeHierarchy, "resource_hierarchy", "Something is found below what it does not belong to.", false},
	{codeNoAnswer, "no_answer", "The server does not answer, not wholly, without end, or not in HTTP.", false},
	{codeReadBack, "read_back", "What was written is read otherwise.", false},
	{codeFilter, "filter", "A list has what its filter or its order rules out.", false},
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
