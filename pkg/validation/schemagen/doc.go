// Package schemagen makes JSON values for the schemas of an OpenAPI 3.0 document: values that a schema accepts, values
// that it refuses for one reason, and values on both sides of everything that it asks for.
//
//	gen, err := schemagen.New(schemagen.Config{Schema: document.Components.Schemas["Order"]})
//	if err != nil {
//		return err
//	}
//	for _, b := range gen.Boundaries() {
//		fmt.Println(b.IsValid, b.Constraint, b.Why, string(b.Value))
//	}
//	src := schemagen.NewSource(1)
//	body, err := gen.DrawValid(src)
//
// It is for tests of a server, a client or a decoder: what is right must be taken, and what is wrong must be refused.
// Any schema will do, that of a body as well as that of a parameter, whose value is encoded by whoever sends it. For
// property tests, rapidgen hands the same values to pgregory.net/rapid, which shrinks them.
//
// # What is right
//
// The validator of pkg/validation is the judge: no value leaves the package before it has agreed, with the rule and the
// pointer too. What it takes beyond the schema for wrong, such as an integer that is spelled 1.0, is wrong here.
// Formats that it does not check are comments.
//
// Texts are awkward now and then: other scripts, emoji, quotes, line breaks, blanks at the ends. Objects have members
// that no schema names only where their schema speaks of such members, or names none.
//
// # What comes again
//
// [Generator.Boundaries] and [Generator.Constraints] are the same every time. Drawn values follow from the numbers of
// a [Source], which [NewSource] makes of a seed, on any machine. A new version of this package may draw others.
//
// # What it takes
//
// Work and size are bounded: patterns are walked through and never listed, values nest up to five levels unless their
// schema needs more, and no text has more than about a million characters. A value that breaks a not, or that two
// variants accept, is made by trying. Where 64 tries find nothing there is an [ErrNoValue], from [New] if it is so for
// the schema as a whole; a side of a constraint that has no values says why.
//
// # Files
//
//	use        generator source boundary
//	schemas    node builder height kind
//	values     value drawer number text pattern format
//	both sides walker lister length bound member discriminator probe
package schemagen
