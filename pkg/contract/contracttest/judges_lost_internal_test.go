package contracttest

// judgedOfLost are cases of what looks at several changes at the same time.
func judgedOfLost() map[string][]judged {
	const path = "/api/v1/subscriptions/" + oneID + "/"
	change := func(content string, status int) said {
		return said{operation: "updateSubscription", target: path, sent: content, status: status, answer: "{}"}
	}
	both := func(one, other said) said { one.also = &other; return one }
	read := func(url, description string) said {
		return said{operation: "getSubscription", target: path, status: 200,
			answer: `{"id":"` + oneID + `","url":"` + url + `","description":"` + description + `"}`}
	}
	alone := []said{change(`{"url":"a"}`, 200), change(`{"description":"a"}`, 200), read("a", "a")}
	then := func(before []said, all ...said) []said { return append(before[:len(before):len(before)], all...) }
	race := both(change(`{"url":"b"}`, 200), change(`{"description":"b"}`, 200))
	args := map[string]string{"write": "updateSubscription", "id": oneID, "ids": ""}
	return map[string][]judged{"lost": {
		{"the first of two is lost", then(alone, race, read("a", "b")), args, "F931 body /url lost_at_once"},
		{"the second of two is lost", then(alone, race, read("b", "a")), args, "F931 body /description lost_at_once"},
		{"both are there", then(alone, race, read("b", "b")), args, ""},
		{"one is refused", then(alone, both(change(`{"url":"b"}`, 409), change(`{"description":"b"}`, 200)),
			read("a", "b")), args, ""},
		{"one will be done later", then(alone, both(change(`{"url":"b"}`, 202), change(`{"description":"b"}`, 200)),
			read("a", "b")), args, ""},
		{"both change the same", then(alone, both(change(`{"url":"b"}`, 200), change(`{"url":"c"}`, 200)),
			read("b", "a")), args, ""},
		{"one is not taken alone either", then([]said{change(`{"url":"a"}`, 200), change(`{"description":"a"}`, 200),
			read("x", "a")}, race, read("a", "b")), args, ""},
		{"they come one after the other", then(alone, change(`{"url":"b"}`, 200), change(`{"description":"b"}`, 200),
			read("a", "b")), args, ""},
	}}
}
