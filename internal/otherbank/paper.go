package otherbank

import "time"

// A paper is the application of somebody who becomes a customer as soon as it is submitted.
type paper struct {
	id, status string
	made       time.Time
	customer   any
	given      map[string]any
}

func (b *Bank) viewPaper(p *paper) map[string]any {
	v := map[string]any{"id": p.id, "status": p.status, "time_created": b.shown(p.made), "updated_at": b.shown(p.made),
		"id_verification_documents_needed": false, "identification_number_verification_document_needed": false,
		"address_verification_document_needed": false, "customer_id": p.customer, "object_type": "Application"}
	for _, name := range []string{"phone_number", "agreement_consent", "email", "address"} {
		v[name] = p.given[name]
	}
	return v
}

// apply takes whatever has those members that it shows: that applications are looked at is not what this bank is for.
func (b *Bank) apply(c *call) answer {
	someObject := form(object{}.check)
	given, no := b.read(&call{Request: c.Request, body: c.body}, object{"phone_number": {required, anyText},
		"email": {required, anyText}, "address": {required, someObject}, "agreement_consent": {required, someObject},
		"name": {required, someObject}, "date_of_birth": {required, anyText},
		"citizenship_country": {required, anyText}, "identification_number": {required, anyText},
		"identification_type":                   {required, anyText},
		"identification_number_issuing_country": {required, anyText}, "investment_profile": {required, someObject}})
	if no != nil {
		return b.refused(c, no)
	}
	p := &paper{id: uuid(), status: "CREATED", made: time.Now(), given: given}
	b.papers[p.id] = p
	return answer{201, b.viewPaper(p)}
}

func (b *Bank) showPaper(c *call) answer {
	if p := b.papers[c.PathValue("paper")]; p != nil {
		return answer{200, b.viewPaper(p)}
	}
	return b.refused(c, noSuchThing)
}

func (b *Bank) submit(c *call) answer {
	p := b.papers[c.PathValue("paper")]
	switch {
	case p == nil:
		return b.refused(c, noSuchThing)
	case p.status != "CREATED":
		return b.refused(c, b.rule("submitted", "It was submitted before"))
	}
	customer := uuid()
	b.people = append(b.people, customer)
	p.status, p.customer = "APPROVED", customer
	return answer{200, b.viewPaper(p)}
}
