package generator

import "github.com/jiko-partner/partner-go/internal/mistake"

// Problem is a mistake in a file, with its place, as compilers name it.
type Problem = mistake.Problem
