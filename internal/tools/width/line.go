package main

import (
	"path"
	"strings"
	"unicode/utf8"
)

const (
	limit = 120
	tab   = 4
)

// line is one that is too wide.
type line struct{ number, columns int }

// wideLines returns the lines of a text that are too wide. Binary files have none.
func wideLines(text string) []line {
	if strings.ContainsRune(text, 0) {
		return nil
	}
	var wide []line
	number := 0
	for content := range strings.Lines(text) {
		number++
		content = strings.TrimRight(content, "\r\n")
		if n := columns(content); n > limit && !unbreakable(content) {
			wide = append(wide, line{number, n})
		}
	}
	return wide
}

func columns(content string) int {
	return utf8.RuneCountInString(content) + (tab-1)*strings.Count(content, "\t")
}

// unbreakable says whether a line is a directive, or is wide because of the URL that ends it.
func unbreakable(content string) bool {
	if strings.HasPrefix(content, "//go:generate ") {
		return true
	}
	before, last := "", content
	if i := strings.LastIndexAny(content, " \t"); i >= 0 {
		before, last = content[:i+1], content[i+1:]
	}
	return strings.Contains(last, "://") && columns(before) <= limit
}

// exempt says whether a file, by its path in the repository, is one whose lines are not ours to break.
func exempt(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	switch path.Base(name) {
	case "LICENSE", "go.sum", "tools.sum", "package-lock.json":
		return true
	}
	return name == "openapi.yaml" || strings.HasSuffix(name, ".gen.go") || strings.HasSuffix(name, ".tmpl") ||
		strings.HasSuffix(name, ".svg") || strings.Contains("/"+name, "/testdata/")
}
