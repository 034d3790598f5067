package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// evidences are the values of x-evidence and x-evidence-path, from the most certain to the least.
var evidences = []string{"reference", "guide", "sample-client", "changelog", "v1.29", "inferred"}

// evidenceTable says of every operation what its existence rests on, and what its path and shape rest on.
var evidenceTable = []struct {
	exists, path string
	operations   []string
}{
	{"reference", "reference", []string{
		"listAgreements", "createApplication", "getApplication", "submitApplication", "uploadApplicationDocument",
		"uploadDocument", "createBusinessApplication", "submitBusinessApplication", "updateRelatedPartyApplication",
		"getCustomer", "updateCustomer", "listBeneficialOwners", "listPockets", "getPocket", "updatePocket",
		"getPocketEarnings", "listCustomerTransactionsV1", "listPocketTransactions", "listCustomerTrades",
		"listReportRequests", "createReportRequest", "createOnUsTransfer", "getOnUsTransfer", "createACHOrigination",
		"createSubscription",
	}},
	{"reference", "v1.29", []string{
		"uploadCustomerDocument", "listCustomerAccounts", "getAccountTransaction", "getCounterpartyV1", "closeCard",
	}},
	{"reference", "inferred", []string{
		"listCustomerPockets", "getCustomerPocket", "listCustomerTransactions", "getTransaction", "getCounterparty",
	}},
	{"guide", "guide", []string{
		"listPocketConfigurations", "listTradingStrategies", "login", "listEventTypes", "createVirtualCard",
		"getVirtualCard",
	}},
	{"guide", "sample-client", []string{
		"triggerWebhook",
	}},
	{"guide", "inferred", []string{
		"createPocket",
	}},
	{"sample-client", "sample-client", []string{
		"deleteSubscription",
	}},
	{"changelog", "changelog", []string{
		"listCustomerACHOriginations", "listCustomerPortals", "listCustomerCards",
	}},
	{"changelog", "v1.29", []string{
		"setCardStatus",
	}},
	{"changelog", "inferred", []string{
		"listWires", "getWire", "listPocketPortals", "createPocketPortal", "getPocketPortal", "updatePocketPortal",
		"listCustomerCardOrders",
	}},
	{"v1.29", "v1.29", []string{
		"getBusinessApplication", "updateBusinessApplication", "listRelatedPartyApplications",
		"createRelatedPartyApplication", "deleteRelatedPartyApplication", "listDocumentRequests", "getAccount",
		"listAccountTransactions", "listCustomerTradesV1", "listAccountTrades", "getTradeConfirmation",
		"listCustomerStatements", "listAccountStatements", "listACHOriginations", "getACHOrigination", "createWire",
		"listAccountPortals", "createAccountPortal", "getAccountPortal", "updateAccountPortal", "closeAccountPortal",
		"listCounterpartiesV1", "createPlaidLinkToken", "createPlaidCounterparties", "verifyPlaidCounterparty",
		"getHealth", "listPublicKeys", "simulateCardSwipe", "generatePhysicalCard", "fundAccount",
		"listSubscriptions", "getSubscription", "updateSubscription", "listEvents", "listAccountCards",
		"getCardStatus", "setCardPIN", "listCardOrders", "createCardOrder", "getCardOrder", "closeVirtualCard",
	}},
	{"inferred", "inferred", []string{
		"getPortalFundingInstructions", "listCounterparties", "createCounterparty",
	}},
}

func TestEachOperationSaysWhatItsExistenceAndWhatItsPathRestOn(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range evidenceTable {
		for _, id := range group.operations {
			if seen[id] {
				t.Errorf("%s is named twice", id)
			}
			seen[id] = true
			o := operationCalled(t, id)
			if o.Extensions["x-evidence"] != group.exists || o.Extensions["x-evidence-path"] != group.path {
				t.Errorf("%s: x-evidence %v, x-evidence-path %v; want %s, %s", id, o.Extensions["x-evidence"],
					o.Extensions["x-evidence-path"], group.exists, group.path)
			}
		}
	}
	for _, o := range operations() {
		if !seen[o.OperationID] {
			t.Errorf("%s is not in the table", o.OperationID)
		}
	}
}

func TestEvidenceIsOneOfTheSixValuesWhereverItIs(t *testing.T) {
	for _, c := range callbacks(t) {
		if c.Extensions["x-evidence"] == nil || c.Extensions["x-evidence-path"] != nil {
			t.Errorf("%s: the receiver chooses the path of a delivery; want x-evidence alone", c.OperationID)
		}
	}
	walk("", rawContract(), func(where string, node tree) {
		for _, name := range []string{"x-evidence", "x-evidence-path"} {
			evidence, ok := node[name]
			if !ok {
				continue
			}
			if text, _ := evidence.(string); !slices.Contains(evidences, text) {
				t.Errorf("%s: %s %v is none of %s", where, name, evidence, evidences)
			}
			if name == "x-evidence-path" && node["operationId"] == nil {
				t.Errorf("%s: only an operation has a path", where)
			}
		}
	})
	for _, value := range evidences {
		if !strings.Contains(loaded().Info.Description, "| `"+value+"` |") {
			t.Errorf("the introduction does not explain %s", value)
		}
		for _, name := range []string{"docs/evidence.md", "README.md"} {
			if !strings.Contains(file(t, name), "| `"+value+"` |") {
				t.Errorf("%s does not explain %s", name, value)
			}
		}
	}
}

// Whoever knows the path of an operation knows that the operation exists. And where the path is less certain, the text
// says so: many read the text alone.
func TestAPathIsNeverMoreCertainThanItsOperation(t *testing.T) {
	for _, o := range operations() {
		exists, _ := o.Extensions["x-evidence"].(string)
		path, _ := o.Extensions["x-evidence-path"].(string)
		if slices.Index(evidences, path) < slices.Index(evidences, exists) {
			t.Errorf("%s: its path is known from %s, and itself from %s only", o.OperationID, path, exists)
		}
		text := strings.Join(strings.Fields(o.Description), " ")
		switch {
		case path == "inferred" && (!strings.Contains(text, "path") || !strings.Contains(text, "inferred")):
			t.Errorf("%s does not say that its path is inferred: %s", o.OperationID, text)
		case path == "v1.29" && exists != path && !strings.Contains(text, "the path is that of March 2024") &&
			!strings.Contains(text, "The path is that of March 2024"):
			t.Errorf("%s does not say that its path is that of March 2024: %s", o.OperationID, text)
		}
	}
}

func TestTheGuideToTheEvidenceNamesFilesAndComponentsThatExist(t *testing.T) {
	text := file(t, "docs/evidence.md")
	files := regexp.MustCompile("`((?:[a-z]+/)*[a-z_]+\\.(?:go|yaml|md))`").FindAllStringSubmatch(text, -1)
	if len(files) < 5 {
		t.Errorf("found only %d files", len(files))
	}
	for _, m := range files {
		file(t, m[1])
	}
	for _, m := range regexp.MustCompile("(parameter|schema) `([A-Za-z]+)`").FindAllStringSubmatch(text, -1) {
		if rawContract().sub("components").sub(m[1] + "s")[m[2]] == nil {
			t.Errorf("there is no %s %s", m[1], m[2])
		}
	}
	ids := map[string]bool{}
	for _, o := range operations() {
		ids[o.OperationID] = true
	}
	for _, id := range regexp.MustCompile("`([a-z]+[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(text, -1) {
		if !ids[id[1]] {
			t.Errorf("there is no operation %s", id[1])
		}
	}
}

// file reads a file of the repository.
func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
