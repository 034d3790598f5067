// Package rapidgen makes property tests with pgregory.net/rapid out of the schemas of an OpenAPI document.
//
//	gen, err := schemagen.New(schemagen.Config{Schema: document.Components.Schemas["Order"]})
//	if err != nil {
//		t.Fatal(err)
//	}
//	rapid.Check(t, func(t *rapid.T) {
//		body := rapidgen.Valid(gen).Draw(t, "body")
//		…
//	})
//
// rapid prints what was drawn as bytes; t.Logf("%s", body) shows it as JSON.
//
// What fails is shrunk: optional members go, texts become short, and the first of an enumeration comes. The package is
// apart from schemagen because rapid adds flags to every program that links it.
package rapidgen
