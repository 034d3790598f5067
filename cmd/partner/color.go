package main

import (
	"io"
	"os"
)

// wantsColor says whether to write escape codes. In this order: not if --no-color or NO_COLOR asks for none, which is
// https://no-color.org; if CLICOLOR_FORCE does; and else if out is a terminal that is not said to be a simple one.
func wantsColor(out io.Writer, noColor bool, lookup func(string) (string, bool)) bool {
	value := func(name string) string {
		text, _ := lookup(name)
		return text
	}
	switch {
	case noColor || value("NO_COLOR") != "":
		return false
	case value("CLICOLOR_FORCE") != "" && value("CLICOLOR_FORCE") != "0":
		return true
	case value("TERM") == "" || value("TERM") == "dumb" || value("CLICOLOR") == "0":
		return false
	}
	return isTerminal(out)
}

// isTerminal takes any character device for a terminal. The others, such as /dev/null, do not mind.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
