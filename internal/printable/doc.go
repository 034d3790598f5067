// Package printable takes out of texts that somebody else has written what a terminal would obey.
package printable
