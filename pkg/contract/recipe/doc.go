// Package recipe says how to get wherever the sandbox can be: to each status that the contract names for an operation,
// and to each status that an object can have.
//
//	for _, r := range recipe.All() {
//		fmt.Println(r.Name(), r.Way)
//	}
//
// A [Recipe] is a list of requests, with what to keep of an answer and what must be in it, so that a program in any
// language can follow it; recipes.yaml, states.yaml and things.yaml are where they stand. A [Runner] follows recipes
// against a sandbox and checks every answer against the contract. [Pairs] and [States] count, from the contract, what
// there must be a recipe for.
//
// "partner sandbox recipes" prints them, and with --check runs them all.
package recipe
