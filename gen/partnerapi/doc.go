// Package partnerapi has the models of the contract, openapi.yaml, a builder of its request per operation, and a plain
// client that sends what the builders make. None of them adds a token, an idempotency key or a signature: most programs
// want pkg/partner, which does, and whose services send the same requests.
//
//	request, err := partnerapi.BuildGetPocket(pocketID, nil)
//	if err != nil {
//		return err
//	}
//	r, err := request.HTTPRequest(ctx, baseURL)
//
// A [Request] is a value with all that is sent, a [Body] its bytes or its file. [Operations] lists the contract's
// operations, and [NewClient] makes the plain client.
package partnerapi
