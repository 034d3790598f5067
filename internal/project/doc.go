// Package project generates code of the contract in somebody else's repository: what `partner generate` does. A
// [Configuration], partner.yaml, says what to generate. Beside it stands a manifest, partner.lock, which knows what was
// made of what, so that a check needs neither git nor the network, and says why something is stale.
//
//	configuration, err := project.Read("partner.yaml")
//	if err != nil {
//		return err
//	}
//	report, err := project.Check(configuration, tool)
package project
