package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// A tool that knows nothing of this API follows these links from call to call. A link that leads nowhere would stop it.
func TestEveryLinkLeadsToAnOperationWithAllThatItsPathNeeds(t *testing.T) {
	links := map[string][]string{}
	for _, o := range operations() {
		for status, response := range o.Responses.Map() {
			for name, ref := range response.Value.Links {
				link := ref.Value
				where := fmt.Sprintf("%s %s, link %s", o.OperationID, status, name)
				links[o.OperationID] = append(links[o.OperationID], link.OperationID)
				if name != link.OperationID || link.Description == "" {
					t.Errorf("%s: it has another name than the operation %s, or no description", where,
						link.OperationID)
				}
				if !strings.HasPrefix(status, "2") {
					t.Errorf("%s: only what succeeded leads on", where)
				}
				target := operationCalled(t, link.OperationID)
				needed := map[string]*openapi3.Schema{}
				for _, p := range target.Parameters {
					if p.Value.In == "path" && p.Value.Name != "document_type" { // Which type is the caller's choice.
						needed[p.Value.Name] = p.Value.Schema.Value
					}
				}
				for parameter, expression := range link.Parameters {
					schema := needed[parameter]
					if schema == nil {
						t.Errorf("%s: %s has no path parameter %s", where, link.OperationID, parameter)
						continue
					}
					delete(needed, parameter)
					got, problem := linked(o, response.Value, fmt.Sprint(expression))
					if problem != "" {
						t.Errorf("%s: %s: %s", where, expression, problem)
					} else if got.Format != schema.Format || !got.Type.Is("string") {
						t.Errorf("%s: %s is a %v %s, and %s a %s", where, expression, got.Type, got.Format, parameter,
							schema.Format)
					}
				}
				for parameter := range needed {
					t.Errorf("%s does not say where %s comes from", where, parameter)
				}
			}
		}
	}
	for source, targets := range map[string][]string{
		"createApplication": {"getApplication", "submitApplication"},
		"createBusinessApplication": {"getBusinessApplication", "submitBusinessApplication",
			"createRelatedPartyApplication"},
		"getApplication":     {"getCustomer", "createPocket"},
		"createPocket":       {"getPocket", "getCustomerPocket", "updatePocket", "listPocketTransactions"},
		"createOnUsTransfer": {"getOnUsTransfer"}, "createACHOrigination": {"getACHOrigination"},
		"createWire": {"getWire"}, "createCounterparty": {"getCounterparty"},
		"createPocketPortal": {"getPocketPortal", "updatePocketPortal"},
		"createSubscription": {"getSubscription", "updateSubscription", "deleteSubscription"},
		"createVirtualCard":  {"getVirtualCard", "closeVirtualCard"}, "createCardOrder": {"getCardOrder"},
	} {
		for _, target := range targets {
			if !slices.Contains(links[source], target) {
				t.Errorf("%s does not lead to %s", source, target)
			}
		}
	}
}

// Whatever creates something that can be read by its id leads there.
func TestWhateverCreatesLeadsOn(t *testing.T) {
	// The answers to these name nothing that a call could take.
	endings := []string{"createPlaidLinkToken", "createReportRequest"}
	for _, o := range operations() {
		if !strings.HasPrefix(o.OperationID, "create") || slices.Contains(endings, o.OperationID) {
			continue
		}
		leads := false
		for _, response := range o.Responses.Map() {
			leads = leads || len(response.Value.Links) > 0
		}
		if !leads {
			t.Errorf("%s has no links", o.OperationID)
		}
	}
}

// linked is the schema of what an expression of a link takes from a request or an answer.
func linked(o operation, response *openapi3.Response, expression string) (found *openapi3.Schema, problem string) {
	if name, ok := strings.CutPrefix(expression, "$request.path."); ok {
		if p := o.Parameters.GetByInAndName("path", name); p != nil {
			return p.Schema.Value, ""
		}
		return nil, "the request has no such path parameter"
	}
	content := response.Content
	pointer, ok := strings.CutPrefix(expression, "$response.body#")
	if !ok {
		if pointer, ok = strings.CutPrefix(expression, "$request.body#"); !ok || o.RequestBody == nil {
			return nil, "not a path parameter, nor a place in a body"
		}
		content = o.RequestBody.Value.Content
	}
	schema := content.Get("application/json").Schema.Value
	for _, step := range strings.Split(pointer, "/")[1:] {
		if schema = below(schema, step); schema == nil {
			return nil, "the body has no " + step
		}
	}
	return schema, ""
}

// below is the schema of a member, or of an item.
func below(schema *openapi3.Schema, step string) *openapi3.Schema {
	if schema.Items != nil {
		return schema.Items.Value
	}
	if property := schema.Properties[step]; property != nil {
		return property.Value
	}
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf) {
		if found := below(part.Value, step); found != nil {
			return found
		}
	}
	return nil
}
