package validation

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkVersion refuses what is not OpenAPI 3.0, and says what it is and what can be done.
func checkVersion(document *openapi3.T) error {
	const needed = "validation: OpenAPI 3.0 is needed, and the contract is "
	switch version := document.OpenAPI; {
	case document.IsOpenAPI30():
		return nil
	case version != "" && version[0] == '3':
		return fmt.Errorf(needed+"OpenAPI %s: have it published as 3.0.3 as well, or convert it, for instance with "+
			"openapi-down-convert", version)
	case version != "":
		return fmt.Errorf(needed+"OpenAPI %s: convert it", version)
	}
	for name, convert := range map[string]string{
		"swagger":  "convert it, for instance with kin-openapi's openapi2conv, or with swagger2openapi",
		"asyncapi": "it describes messages and no operations of HTTP",
	} {
		if version, ok := document.Extensions[name]; ok {
			return fmt.Errorf(needed+"%s %v: %s", map[string]string{"swagger": "Swagger",
				"asyncapi": "AsyncAPI"}[name], version,
				convert)
		}
	}
	return errors.New(needed + "a document that does not say its version: it should begin with openapi: 3.0.3")
}

// numericVersion finds a version that YAML takes for a number.
var numericVersion = regexp.MustCompile(`(?m)^[\s{]*["']?openapi["']?\s*:\s*([0-9]+(\.[0-9]+)?)\s*[,}]?\s*$`)

// checkText refuses texts of which the loader would say nothing helpful.
func checkText(spec []byte) error {
	if len(bytes.TrimSpace(spec)) == 0 {
		return errors.New("validation: the contract is empty: was the right file read?")
	}
	if found := numericVersion.FindSubmatch(spec); found != nil {
		return fmt.Errorf("validation: the contract's version, %s, is a number: spell it as a text, such as "+
			"openapi: \"3.0.3\"", found[1])
	}
	return nil
}
