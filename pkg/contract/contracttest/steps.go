package contracttest

// Steps lead to a finding. They are for this package to take: [Replay] and [Reproduce] do, [Finding.Script] says them
// to a shell, and [Finding.GoTest] to the go command. As JSON they go into reports and come out of them, in a form that
// a later version of this package reads as well; [Finding.Validate] reports whether those of a stranger may be taken.
// The zero value has none.
type Steps []step

// Requests is how many requests the steps send, those among them that are sent at the same time each counted. It is 0
// or more.
func (s Steps) Requests() int {
	n := 0
	for _, one := range s {
		if one.Method != "" {
			n += max(one.Times, 1)
		}
	}
	return n
}
