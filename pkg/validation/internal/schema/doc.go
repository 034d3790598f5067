// Package schema checks JSON texts against the schemas of an OpenAPI 3.0 document. It knows nothing of HTTP.
//
//	survey := schema.NewSurvey()
//	if err := survey.Add(ref); err != nil { // every schema that faults may take names from
//		return err
//	}
//	compiler := schema.NewCompiler(schema.Config{Survey: survey})
//	compiled, err := compiler.Compile(ref)
//	if err != nil {
//		return err
//	}
//	faults := compiled.Check(new(schema.Checker), text, 20)
//
// # How it works
//
// A [Compiler] turns all schemas that apply to the same value, with allOf dissolved, into one immutable node. A node
// has an evaluator for each kind of value: objects, arrays, texts, numbers, booleans. Each of them reads the value from
// the text, in one pass and without decoding it, and then asks the rules that the contract has for values of that
// kind, one keyword each. What goes over a value again, oneOf, anyOf and not, is a rule as well.
//
// A [Checker] is the state of one check: the text, what was seen of the objects that are open, and, when a text that
// was refused is looked at again to say why, the faults. Its memory is used again, so that a text that is right costs
// no allocations.
//
// The second look costs no more than the first. The first one leaves a trail to what it has refused, and what was right
// before that is passed over, unread. What is found is noted in a few words and spelled out for those faults alone that
// are reported. Finding out which variant was meant, when none accepts a value, has a budget.
//
// # Files
//
// Each file uses those of the rows above it, and of its own row those to the left of it, alone:
//
//	text        kind flaw scanner decimal canonical
//	faults      format fault vocabulary message collector report
//	state       checker evaluator
//	values      text number boolean repeated
//	whole       items members enum array object
//	rules       length pattern formatted bounds
//	again       discriminator variants negation
//	nodes       node recursion
//	compiling   keyword vacancy access survey part compiler
//	use         schema
package schema
