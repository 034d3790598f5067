module example.com/payouts/integration

go 1.26.0

require (
	example.com/payouts v0.0.0
	github.com/google/uuid v1.6.0
	github.com/jiko-partner/partner-go v0.0.0
	github.com/oapi-codegen/runtime v1.8.0
)

require (
	codeberg.org/go-pdf/fpdf v0.12.0 // indirect
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/getkin/kin-openapi v0.152.0 // indirect
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	github.com/go-openapi/jsonpointer v0.23.1 // indirect
	github.com/go-openapi/swag/jsonname v0.26.0 // indirect
	github.com/kr/pretty v0.3.1 // indirect
	github.com/oapi-codegen/nullable v1.1.0 // indirect
	github.com/oasdiff/yaml v0.1.1 // indirect
	github.com/oasdiff/yaml3 v0.0.14 // indirect
	github.com/rickar/cal/v2 v2.1.13 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace (
	example.com/payouts => ..
	github.com/jiko-partner/partner-go => ../../..
)
