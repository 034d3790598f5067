// Package wire has what every handler of this module does with a message: read its body once and hold it, in memory or
// in a file, bound it in size and in time, and answer in JSON. A [Spool] has the room for files, and a [Pace] the time
// for those who have not proven who they are.
//
//	body, err := wire.Read(w, r, wire.Bounds{MaxBytes: wire.DefaultMaxBodyBytes})
//	if err != nil {
//		wire.WriteJSON(w, http.StatusRequestEntityTooLarge, detail)
//		return
//	}
//	verify(body.Bytes()) // r.Body yields the same bytes again
//
// [Read] is for requests, [Retain] for whatever must be passed on if it cannot be read; both make a [Body].
// [WriteJSON] and [WriteProblem] answer. [ParseUUID] is the one reader of UUIDs.
//
// It depends on the standard library alone.
package wire
