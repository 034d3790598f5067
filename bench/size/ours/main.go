// Command ours is the smallest program that makes one call with pkg/partner. It is built to be measured.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func main() {
	client, err := partner.New(partner.FromEnvironment())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pocket, err := client.Pockets.Get(context.Background(), uuid.MustParse("8a7ec6c0-2701-40a1-8954-68870964b50d"), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, pocket.PocketName)
}
