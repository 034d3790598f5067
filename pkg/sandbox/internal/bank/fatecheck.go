package bank

// CheckFate says what is impossible in what somebody decides about what an operation makes.
func CheckFate(string, Fate) error { return nil }

// FateStates are the states that what an operation makes can be decided to reach.
func FateStates(string) []string { return nil }

// FateReasons are the reasons that can be given for it, or nil if there are none, or if any text will do.
func FateReasons(string) []string { return nil }
