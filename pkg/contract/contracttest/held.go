package contracttest

// held are the answers of a run that take much memory. A run needs what it was told until it is through with an
// operation, and cannot know how much that will be: so the oldest of the large ones are forgotten, and what would
// need them is not decided.
type held struct {
	exchanges []*exchange
	bytes     int
}

const (
	// largeAnswer is how many bytes an answer has at least to count: more than a page of a list usually has.
	largeAnswer = 16 << 10
	// mostHeld is how many bytes of large answers are kept. Decoded they take about ten times as much.
	mostHeld = 4 << 20
)

// hold keeps an answer, in the place of the oldest ones if there are too many.
func (h *held) hold(e *exchange) {
	if len(e.answer.Body) < largeAnswer {
		return
	}
	h.exchanges = append(h.exchanges, e)
	h.bytes += len(e.answer.Body)
	for h.bytes > mostHeld && len(h.exchanges) > 1 {
		oldest := h.exchanges[0]
		h.bytes -= len(oldest.answer.Body)
		oldest.answer.Body, oldest.value = nil, nil
		h.exchanges[0] = nil
		h.exchanges = h.exchanges[1:]
	}
}
