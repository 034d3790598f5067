package contracttest

import "testing"

func TestWhatIsMaskedIsHiddenInEveryAnswer(t *testing.T) {
	const number = "/identification_number/identification_number"
	for id, pointer := range map[string]string{"updateRelatedPartyApplication": number,
		"createRelatedPartyApplication": number, "listRelatedPartyApplications": "/*" + number, "getCustomer": number,
		"updateCustomer": number} {
		if got := masked()[id]; len(got) == 0 || got[0] != pointer {
			t.Errorf("%s has it masked at %v, want %s", id, got, pointer)
		}
	}
	if got := masked()["getBusinessApplication"]; len(got) > 0 {
		t.Errorf("an application of a company has %v masked, of which the contract says nothing", got)
	}
	of := func(shown string) said {
		return said{operation: "updateRelatedPartyApplication", status: 200,
			answer: `{"identification_number":{"identification_number":"` + shown + `"}}`}
	}
	for shown, isWrong := range map[string]bool{"987654321": true, "987-65-4321": true, "C01234567": true,
		"*****4321": false, "XXX-XX-4321": false, "4321": false, "\u2022\u2022\u20224321": false, "": false} {
		e := of(shown).exchange()
		found := judgeTexts(e, func(code, place, rule, _, _, _ string) failure {
			return failure{code: code, place: place, rule: rule}
		})
		if (len(found) > 0) != isWrong {
			t.Errorf("%q: %v is found", shown, found)
		}
	}
}

func TestWhatHasNineDigitsHasThemInEveryAnswer(t *testing.T) {
	for routing, isWrong := range map[string]bool{"11000015": true, "0110000150": true, "011000015": false,
		"*****0015": false} {
		e := said{operation: "getCounterparty", status: 200, answer: `{"routing_number":"` + routing + `"}`}.exchange()
		found := judgeTexts(e, func(code, place, rule, _, _, _ string) failure {
			return failure{code: code, place: place, rule: rule}
		})
		if (len(found) > 0) != isWrong {
			t.Errorf("%q: %v is found", routing, found)
		}
	}
}
