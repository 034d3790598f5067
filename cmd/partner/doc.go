// Command partner is the toolbox of this module: it shows the API at work, runs one locally, signs a request by hand
// and prints the contract.
//
//	partner demo
//	partner sandbox --addr 127.0.0.1:8080
//	partner sign --idempotency-key 497f6eca-6276-4993-bfeb-53cbbbba6f08 --path /api/v1/agreements/
//	partner spec coverage
//	partner completion bash
//
// Every flag has an environment variable. JIKO_USERNAME, JIKO_PASSWORD and JIKO_SIGNING_SECRET mean what they mean to
// partner.FromEnvironment; every other variable is JIKO_, the command and the flag, as JIKO_SANDBOX_ADDR. The flag wins
// over the variable, the variable over the default, and a variable that is set but empty counts as set. Give secrets by
// variable: other users of the machine can read a command line in its list of processes.
//
// The exit status is 0, 1 for a failure and 2 for a mistake in the command line or in a variable.
package main
