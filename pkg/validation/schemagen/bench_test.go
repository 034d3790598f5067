package schemagen_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

func transfer() schemagen.Config {
	return schemagen.Config{Schema: contract().Components.Schemas["CreateOnUsTransferRequest"]}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		generator(b, transfer())
	}
}

func BenchmarkValid(b *testing.B) {
	gen, src := generator(b, transfer()), schemagen.NewSource(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gen.DrawValid(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInvalid(b *testing.B) {
	gen, src := generator(b, transfer()), schemagen.NewSource(1)
	gen.Boundaries()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gen.DrawInvalid(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBoundaries(b *testing.B) {
	for b.Loop() {
		if len(generator(b, transfer()).Boundaries()) == 0 {
			b.Fatal("there are none")
		}
	}
}
