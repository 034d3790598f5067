package contracttest

// judgedOfTime are the judges of what comes with time, and of what descriptions alone say.
func judgedOfTime() map[string][]judged {
	ofNobody := func(items string) []said {
		return []said{{operation: "listWires", query: []pair{{"pocket_id", oneID}}, status: 200,
			answer: `{"items":[` + items + `]}`}}
	}
	ofPocket := map[string]string{"parameter": "pocket_id"}
	return map[string][]judged{
		"unmatched": {
			{"what nobody has is as good as no filter", ofNobody(`{"id":"` + otherID + `"}`), ofPocket,
				"F932 query pocket_id unmatched"},
			{"it has nothing", ofNobody(""), ofPocket, ""},
		},
	}
}
