package main

import (
	"fmt"
	"strings"
)

// changes are what gremlins makes of an operator, by its name for the kind of mutation.
var changes = map[string]map[string]string{
	"ARITHMETIC_BASE":       {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
	"CONDITIONALS_BOUNDARY": {">=": ">", ">": ">=", "<=": "<", "<": "<="},
	"CONDITIONALS_NEGATION": {"==": "!=", "!=": "==", ">=": "<", ">": "<=", "<=": ">", "<": ">="},
	"INCREMENT_DECREMENT":   {"++": "--", "--": "++"},
	"INVERT_ASSIGNMENTS":    {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "%="},
	"INVERT_BITWISE":        {"&": "|", "|": "&", "^": "&", "&^": "&", "<<": ">>", ">>": "<<"},
	"INVERT_BWASSIGN": {
		"&=": "|=", "|=": "&=", "^=": "&=", "&^=": "&=", "<<=": ">>=", ">>=": "<<=",
	},
	"INVERT_LOGICAL":   {"&&": "||", "||": "&&"},
	"INVERT_LOOPCTRL":  {"break": "continue", "continue": "break"},
	"INVERT_NEGATIVES": {"-": "+"},
	"REMOVE_SELF_ASSIGNMENTS": {
		"+=": "=", "-=": "=", "*=": "=", "/=": "=", "%=": "=", "&=": "=", "|=": "=", "^=": "=", "&^=": "=", "<<=": "=",
		">>=": "=",
	},
}

// mutated returns a line as a mutation makes it. The column is that of the operator's first byte, from 1.
func mutated(line, kind string, column int) (string, error) {
	operators, ok := changes[kind]
	if !ok {
		return "", fmt.Errorf("gremlins has a new kind of mutation, %s", kind)
	}
	if column < 1 || column > len(line) {
		return "", fmt.Errorf("no column %d in %q", column, line)
	}
	before, rest := line[:column-1], line[column-1:]
	longest := ""
	for operator := range operators {
		if strings.HasPrefix(rest, operator) && len(operator) > len(longest) {
			longest = operator
		}
	}
	if longest == "" {
		return "", fmt.Errorf("%s changes nothing at column %d of %q", kind, column, line)
	}
	return before + operators[longest] + rest[len(longest):], nil
}
