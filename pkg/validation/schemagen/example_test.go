package schemagen_test

import (
	"fmt"
	"log"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

const shop = `{"openapi": "3.0.3", "info": {"title": "shop", "version": "1"}, "paths": {}, "components": {"schemas": {
	"Order": {"type": "object", "required": ["amount"], "properties": {
		"amount": {"type": "integer", "minimum": 1, "maximum": 500},
		"size": {"type": "string", "enum": ["S", "M"]}}}}}}`

func order() schemagen.Config {
	document, err := openapi3.NewLoader().LoadFromData([]byte(shop))
	if err != nil {
		log.Fatal(err)
	}
	return schemagen.Config{Schema: document.Components.Schemas["Order"]}
}

func Example() {
	gen, err := schemagen.New(order())
	if err != nil {
		log.Fatal(err)
	}
	src := schemagen.NewSource(11)
	for range 3 {
		body, err := gen.DrawValid(src)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(body))
	}
	// Output:
	// {"amount":500,"size":"S"}
	// {"amount":500}
	// {"amount":104}
}

func ExampleGenerator_DrawInvalid() {
	gen, err := schemagen.New(order())
	if err != nil {
		log.Fatal(err)
	}
	src := schemagen.NewSource(11)
	for range 3 {
		wrong, err := gen.DrawInvalid(src)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s breaks %s at %q: %s\n", wrong.Value, wrong.Rule, wrong.Pointer, wrong.Why)
	}
	// Output:
	// {"amount":501} breaks maximum at "/amount": 501, beyond maximum 500
	// {} breaks required at "/amount": without amount
	// {"amount":null,"size":"S"} breaks nullable at "/amount": null
}

func ExampleGenerator_Boundaries() {
	gen, err := schemagen.New(order())
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range gen.Boundaries() {
		if b.Constraint == "/properties/amount/maximum=500" {
			fmt.Println(b.IsValid, string(b.Value), b.Why)
		}
	}
	// Output:
	// false {"amount":501} 501, beyond maximum 500
	// true {"amount":500} 500, within maximum 500
	// true {"amount":499} 499, within maximum 500
}

func ExampleGenerator_Constraints() {
	gen, err := schemagen.New(order())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range gen.Constraints() {
		fmt.Println(c.ID, c.Valid.Boundaries, c.Invalid.Boundaries)
	}
	// Output:
	// /nullable=false 1 1
	// /type=object 1 4
	// /required=amount 1 1
	// /properties/size 2 0
	// /properties/amount/nullable=false 1 1
	// /properties/amount/type=integer 1 7
	// /properties/amount/minimum=1 2 1
	// /properties/amount/maximum=500 2 1
	// /properties/amount/format=(int64) 1 1
	// /properties/size/nullable=false 1 1
	// /properties/size/type=string 1 4
	// /properties/size/enum 1 4
	// /properties/size/enum/0=S 1 0
	// /properties/size/enum/1=M 1 0
}

func ExampleNewSource() {
	src := schemagen.NewSource(1)
	fmt.Println(src.Intn(1000), src.Intn(1000), src.Intn(1000))
	// Output: 930 729 901
}
