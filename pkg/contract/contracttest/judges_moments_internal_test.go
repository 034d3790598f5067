package contracttest

// judgedOfMoments are cases of what looks at filters by moments.
func judgedOfMoments() map[string][]judged {
	const (
		early = "2026-03-02T15:00:00.100200Z"
		late  = "2026-03-02T15:00:00.300400Z"
		// whole9 has all digits that there are.
		whole9 = "2026-03-02T15:00:00.300400500Z"
	)
	at := func(id, moment string) string {
		return `{"event":{"event_id":"` + id + `","timestamp":"` + moment + `"}}`
	}
	asked := func(name, bound, items, rest string) said {
		return said{operation: "listEvents", status: 200, query: []pair{{name, bound}},
			answer: `{"items":[` + items + `]` + rest + `}`}
	}
	happened := said{operation: "triggerWebhook", status: 202, sent: `{"timestamp":"` + early + `"}`}
	first, last := at(oneID, early), at(otherID, late)
	all := asked("after", "2026-03-02T14:59:58Z", first+","+last, "")
	after := map[string]string{"parameter": "after", "member": "/event/timestamp", "how": "from"}
	from := map[string]string{"parameter": "timestamp_from", "member": "/event/timestamp", "how": "from"}
	to := map[string]string{"parameter": "timestamp_to", "member": "/event/timestamp", "how": "to"}
	whole := asked("timestamp_from", "2026-03-02T14:59:58Z", first+","+last, "")
	later := asked("timestamp_to", "2026-03-02T15:00:02Z", first+","+last, "")
	return map[string][]judged{"moment": {
		{"one of the same second is lost", []said{all, asked("after", "2026-03-02T15:00:00.200Z", "", "")}, after,
			"F932 query after moment loses"},
		{"one of the same second is too early", []said{all, asked("after", "2026-03-02T15:00:00.200Z", first+","+last,
			"")}, after, "F932 query after moment item"},
		{"it is right", []said{all, asked("after", "2026-03-02T15:00:00.200Z", last, "")}, after, ""},
		{"after a moment is not at it", []said{happened, all, asked("after", early, first+","+last, "")}, after,
			"F932 query after moment item"},
		{"more digits may be stored than are shown", []said{all, asked("after", early, first+","+last, "")}, after, ""},
		{"so it may be behind the end", []said{later, asked("timestamp_to", late, first, "")}, to, ""},
		{"from a moment on is also at it", []said{whole, asked("timestamp_from", early, last, "")}, from,
			"F932 query timestamp_from moment loses"},
		{"up to a moment is also at it", []said{asked("timestamp_to", "2026-03-02T15:00:02Z", at(oneID, whole9), ""),
			asked("timestamp_to", whole9, "", "")}, to, "F932 query timestamp_to moment loses"},
		{"up to a moment is nothing later", []said{later, asked("timestamp_to", "2026-03-02T15:00:00.200Z",
			first+","+last, "")}, to, "F932 query timestamp_to moment item"},
		{"up to a moment is all before it", []said{later, asked("timestamp_to", "2026-03-02T15:00:00.200Z", first, "")},
			to, ""},
		{"seconds alone are shown", []said{asked("after", "2026-03-02T14:59:58Z",
			at(oneID, "2026-03-02T15:00:00Z"), ""),
			asked("after", "2026-03-02T15:00:00.200Z", at(oneID, "2026-03-02T15:00:00Z"), "")}, after, ""},
		{"thousandths alone are shown, and the rest may be more", []said{asked("after", "2026-03-02T14:59:58Z",
			at(oneID, "2026-03-02T15:00:00.100Z"), ""), asked("after", "2026-03-02T15:00:00.1Z",
			at(oneID, "2026-03-02T15:00:00.100Z"), "")}, after, ""},
		{"there are more pages", []said{all, asked("after", "2026-03-02T15:00:00.200Z", "", `,"next_page":"x"`)}, after,
			""},
		{"something happens in between", []said{all, {operation: "triggerWebhook", status: 202},
			asked("after", "2026-03-02T15:00:00.200Z", "", "")}, after, ""},
	}}
}
