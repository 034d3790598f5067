package partnergo

//go:generate go run ./internal/generator/generate oapi-codegen.yaml openapi.yaml gen pkg
