package sandbox

import (
	"encoding/base64"
	"strings"

	"github.com/oapi-codegen/nullable"
)

const (
	defaultLimit = 30
	forward      = "after:"
	backward     = "before:"
)

// cursors are the two ends of a page.
type cursors struct{ prev, next nullable.Nullable[string] }

// paginate cuts one page out of items. A cursor names the item next to the page, so that items which are added
// meanwhile neither repeat nor hide another. It returns false for a cursor that is not one of ours, or whose item is
// gone.
func paginate[T any](items []T, id func(T) string, cursor *string, limit *int) ([]T, cursors, bool) {
	size := defaultLimit
	if limit != nil {
		size = *limit
	}
	from, to := 0, min(size, len(items))
	if cursor != nil && *cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(*cursor)
		if err != nil {
			return nil, cursors{}, false
		}
		name, isForward := strings.CutPrefix(string(raw), forward)
		if !isForward {
			var isBackward bool
			if name, isBackward = strings.CutPrefix(string(raw), backward); !isBackward {
				return nil, cursors{}, false
			}
		}
		at := -1
		for i, item := range items {
			if id(item) == name {
				at = i
				break
			}
		}
		switch {
		case at < 0:
			return nil, cursors{}, false
		case isForward:
			from, to = at+1, min(at+1+size, len(items))
		default:
			from, to = max(at-size, 0), at
		}
	}
	ends := cursors{nullable.NewNullNullable[string](), nullable.NewNullNullable[string]()}
	if from > 0 && from < to {
		ends.prev.Set(base64.RawURLEncoding.EncodeToString([]byte(backward + id(items[from]))))
	}
	if to < len(items) && from < to {
		ends.next.Set(base64.RawURLEncoding.EncodeToString([]byte(forward + id(items[to-1]))))
	}
	return items[from:to], ends, true
}
