// Package table writes what several runs have come to, side by side: a line for each figure, a column for each run.
package table
