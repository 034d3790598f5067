// Command byhand makes the call of ../ours with the hand-written client and a struct of its own for the answer. It is
// built to be measured.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/jiko-partner/partner-go/bench/byhand"
)

func main() {
	client := &byhand.Client{
		HTTP: &http.Client{}, BaseURL: os.Getenv("JIKO_BASE_URL"), Username: os.Getenv("JIKO_USERNAME"),
		Password: os.Getenv("JIKO_PASSWORD"),
		Secret:   []byte(os.Getenv("JIKO_SIGNING_SECRET")),
	}
	var pocket struct {
		Name string `json:"pocket_name"`
	}
	err := client.Call(context.Background(), http.MethodGet, "/api/v2/pockets/8a7ec6c0-2701-40a1-8954-68870964b50d/",
		nil, &pocket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, pocket.Name)
}
