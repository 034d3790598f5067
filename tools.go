//go:build tools

// Package partnergo pins the generator in go.mod. Tools that only maintainers need have a module of their own,
// internal/tools, so that they stay out of the module graph of whoever imports this one.
package partnergo

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
