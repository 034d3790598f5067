// Package generator makes Go code of an OpenAPI document: oapi-codegen's library with the templates of this package, in
// files by role. `go generate` runs it through the command in its folder generate; a program runs it as
//
//	config, err := generator.Load("oapi-codegen.yaml", "openapi.yaml", "gen", "pkg")
//	if err != nil {
//		return err
//	}
//	files, err := generator.Run(config)
//	if err != nil {
//		return err
//	}
//	return generator.Write(files)
//
// The base configuration is oapi-codegen's own, and its stock binary takes it too. What differs from output to output
// stands in a generate.yaml beside the output; see [Output]. [Run] makes the same files of the same [Config].
package generator
