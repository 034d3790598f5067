package contracttest

// judgedOfTime are the judges of what comes with time, and of what descriptions alone say.
func judgedOfTime() map[string][]judged {
	ofNobody := func(items string) []said {
		return []said{{operation: "listWires", query: []pair{{"pocket_id", oneID}}, status: 200,
			answer: `{"items":[` + items + `]}`}}
	}
	ofPocket := map[string]string{"parameter": "pocket_id"}
	other := func(cents string) said {
		w := worth(cents)
		w.target = "/api/v2/pockets/" + otherID + "/"
		return w
	}
	return map[string][]judged{
		"filled": {
			{"the cents have gone nowhere", []said{other("50"), worth("567"), withdrawal("COMPLETED"), worth("0"),
				other("550")}, transferred, "F909 body value filled"},
			{"all has come", []said{other("50"), worth("567"), withdrawal("COMPLETED"), worth("0"), other("617")},
				transferred, ""},
			{"it is not over", []said{other("50"), worth("567"), withdrawal("PENDING"), worth("567"), other("50")},
				transferred, ""},
		},
		"unmatched": {
			{"what nobody has is as good as no filter", ofNobody(`{"id":"` + otherID + `"}`), ofPocket,
				"F932 query pocket_id unmatched"},
			{"it has nothing", ofNobody(""), ofPocket, ""},
		},
	}
}
