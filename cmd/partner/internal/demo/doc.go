// Package demo walks a customer through the whole API, against a sandbox that it starts itself. [Run] prints at each
// step what it is for, what was sent, and what became of it.
//
//	err := demo.Run(ctx, os.Stdout, demo.Plain)
package demo
