package main

import (
	"os"
	"testing"
)

func TestSpecPrintsTheContractByteForByte(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := execute(t, nil, "", "spec"); got != (result{stdout: string(want)}) {
		t.Errorf("status %d, stderr %q, %d bytes; want the %d bytes of openapi.yaml", got.status, got.stderr,
			len(got.stdout), len(want))
	}
}
