package validation

import "strconv"

// operation is what the contract says of an operation, looked up once.
type operation struct {
	Operation
	parameters []*parameter
	// queried are the names of the parameters in the query.
	queried []string
	// body is nil where the contract asks for none.
	body *requestBody
	// responses are by status: 200, 2XX or DEFAULT.
	responses map[string]*response
}

type requestBody struct {
	required bool
	allowed  []media
}

type response struct {
	headers []*parameter
	allowed []media
}

// response returns what the contract says of a status, or nil.
func (op *operation) response(status int) *response {
	for _, name := range []string{strconv.Itoa(status), strconv.Itoa(status/100) + "XX", "DEFAULT"} {
		if res := op.responses[name]; res != nil {
			return res
		}
	}
	return nil
}
