// Package demo walks a customer through the whole API, against a sandbox that it starts itself. [Run] prints at each
// step what was sent and what came back.
//
//	err := demo.Run(ctx, os.Stdout)
package demo
