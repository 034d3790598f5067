package contracttest

// A trace is what the steps of a case have led to.
type trace struct {
	steps []step
	vars  variables
	// exchanges are those of each step: none for what sends nothing, several for what is sent at the same time.
	exchanges [][]*exchange
	failures  []failure
}

// last is the exchange of the last step that sent something, or nil.
func (t *trace) last() *exchange {
	for i := len(t.exchanges) - 1; i >= 0; i-- {
		if n := len(t.exchanges[i]); n > 0 {
			return t.exchanges[i][n-1]
		}
	}
	return nil
}

// of is the first exchange of a step, or nil.
func (t *trace) of(i int) *exchange {
	if i < 0 || i >= len(t.exchanges) || len(t.exchanges[i]) == 0 {
		return nil
	}
	return t.exchanges[i][0]
}

// lastWrite is the latest success of an operation before a step, or nil.
func (t *trace) lastWrite(at int, operation string) (*exchange, int) {
	for i := at - 1; i >= 0; i-- {
		if e := t.of(i); succeeded(e) && e.step.Operation == operation {
			return e, i
		}
	}
	return nil, -1
}
