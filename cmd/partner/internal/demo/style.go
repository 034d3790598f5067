package demo

// Style says how text looks.
type Style bool

// The styles.
const (
	// Plain is text alone, for files, pipes and terminals without colors.
	Plain Style = false
	// Color has escape codes for a terminal.
	Color Style = true
)

// The looks, as parameters of the escape code that selects them.
const (
	bold   = "1"
	dim    = "2"
	green  = "32"
	yellow = "33"
)

// in returns a text with a look.
func (s Style) in(look, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + look + "m" + text + "\x1b[0m"
}
