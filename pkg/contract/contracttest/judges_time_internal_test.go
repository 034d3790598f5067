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
	earned := func(from, to, cents string) said {
		return said{operation: "getPocketEarnings", target: "/api/v2/pockets/" + oneID + "/earnings/", status: 200,
			query: []pair{{"period", "range"}, {"date_from", "2026-01-0" + from}, {"date_to", "2026-01-0" + to}},
			answer: `{"date_from":"2026-01-0` + from + `","date_to":"2026-01-0` + to +
				`","earnings":{"value":` + cents + `}}`}
	}
	inAll := func(cents string) said {
		s := earned("5", "7", cents)
		s.query = []pair{{"period", "all-time"}}
		s.answer = `{"date_from":null,"date_to":"2026-01-07","earnings":{"value":` + cents + `}}`
		return s
	}
	otherDays := earned("6", "7", "540")
	otherDays.answer = `{"date_from":"2026-01-06","date_to":"2026-01-08","earnings":{"value":540}}`
	since := map[string]string{"since": "2026-01-05"}

	begun := func(from, to string) []said {
		return []said{{operation: "getPocketEarnings", status: 200,
			answer: `{"date_from":"` + from + `","date_to":"` + to + `"}`}}
	}
	week := map[string]string{"period": "wtd", "since": "2026-01-01"}

	traded := func(activity string) said {
		return said{operation: "listAccountTrades", status: 200,
			answer: `{"items":[{"id":"` + otherID + `","activity":"` + activity + `","is_settled":true}]}`}
	}
	confirmed := func(status int) said {
		return said{operation: "getTradeConfirmation", status: status, answer: `{}`,
			target: "/api/v1/jiko-accounts/" + oneID + "/trades/" + otherID + "/confirmation/"}
	}
	ofTrade := map[string]string{"id": otherID, "list": "listAccountTrades"}

	stated := func(key, made string) []said {
		return []said{{operation: "listAccountStatements", status: 200,
			answer: `{"items":[{"jiko_account_id":"` + oneID + `","key":"` + key + `","time_created":"` + made +
				`T11:00:00Z"}]}`}}
	}
	ofAccount := map[string]string{"since": "2026-01-05", "account": oneID}

	traded1 := said{operation: "listAccountTrades", status: 200, answer: `{"items":[{"id":"` + otherID +
		`","notional":{"value":129517},"price":"99.6283","trade_datetime":"2026-01-05T15:00:00Z"}]}`}
	traded2 := func(cents, price string) said {
		return said{operation: "listCustomerTrades", status: 200, answer: `{"items":[{"id":"` + otherID +
			`","notional":{"value":` + cents + `},"price":"` + price +
			`","trade_datetime":"2026-01-05T15:00:00.123+00:00"}]}`}
	}
	account := func(cents string) said {
		return said{operation: "getAccount", target: "/api/v1/jiko-accounts/" + oneID + "/", status: 200,
			answer: `{"id":"` + oneID + `","total_value":{"value":` + cents + `}}`}
	}
	return map[string][]judged{
		"range": {
			{"the last day is missing", []said{earned("6", "6", "540"), earned("7", "7", "541"),
				earned("6", "7", "540")},
				since, "F909 body /earnings/value range"},
			{"a day counts twice", []said{earned("5", "6", "1080"), earned("7", "7", "541"), earned("5", "7", "2161")},
				since, "F909 body /earnings/value range"},
			{"all that there is is less than its days", []said{inAll("1620"), earned("5", "7", "1080")}, since,
				"F909 body /earnings/value range"},
			{"it is about other days", []said{otherDays}, since, "F909 body /date_to days"},
			{"it is the sum, but for a cent", []said{earned("5", "5", "539"), earned("6", "6", "540"),
				earned("7", "7", "541"), inAll("1621"), earned("5", "7", "1621")}, since, ""},
			{"there is a gap", []said{earned("5", "5", "540"), earned("7", "7", "541"), earned("5", "7", "1621")},
				since, ""},
			{"it has become more", []said{earned("6", "7", "540"), {clock: "1h"}, earned("6", "7", "541")}, since, ""},
		},
		"period": {
			{"a week begins on Sunday", begun("2026-01-11", "2026-01-14"), week, "F909 body /date_from wtd"},
			{"it begins on Monday", begun("2026-01-12", "2026-01-14"), week, ""},
			{"it began on Monday, a week ago", begun("2026-01-12", "2026-01-19"), week, ""},
			{"it is Sunday", begun("2026-01-12", "2026-01-18"), week, ""},
			{"there was nothing before", begun("2026-01-07", "2026-01-09"),
				map[string]string{"period": "wtd", "since": "2026-01-07"}, ""},
			{"a month begins with its second", begun("2026-01-02", "2026-01-09"),
				map[string]string{"period": "mtd", "since": "2025-01-01"}, "F909 body /date_from mtd"},
		},
		"confirmation": {
			{"a maturity has one", []said{traded("MATURITY"), confirmed(200)}, ofTrade, "F920 status maturity"},
			{"a purchase has none", []said{traded("BUY"), confirmed(404)}, ofTrade, "F927 status confirmation"},
			{"a maturity has none", []said{traded("MATURITY"), confirmed(404)}, ofTrade, ""},
			{"a purchase has one", []said{traded("BUY"), confirmed(200)}, ofTrade, ""},
		},
		"stated": {
			{"it is of the month in which it was made", stated("2026-02", "2026-02-02"), ofAccount,
				"F909 body /items/*/key period"},
			{"it is of a month before the account", stated("2025-12", "2026-02-02"), ofAccount,
				"F909 body /items/*/key period"},
			{"it is of the month before", stated("2026-01", "2026-02-02"), ofAccount, ""},
			{"it was made when the month ended elsewhere", stated("2026-01", "2026-01-31"), ofAccount, ""},
			{"it is of the year before", stated("2026", "2027-01-20"), ofAccount, ""},
		},
		"views": {
			{"two views have two sums", []said{traded1, traded2("9963", "99.628269")}, nil,
				"F931 body /notional/value views"},
			{"two views have two prices", []said{traded1, traded2("129517", "99.618269")}, nil,
				"F931 body /price views"},
			{"one has fewer digits", []said{traded1, traded2("129517", "99.628269")}, nil, ""},
			{"time has passed", []said{traded1, {clock: "1h"}, traded2("9963", "99.628269")}, nil, ""},
			{"an account is worth something else", []said{worth("100"), account("101")}, nil,
				"F931 body /portfolio/total_value/value views"},
			{"it is worth the same", []said{worth("100"), account("100")}, nil, ""},
		},
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
