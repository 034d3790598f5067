// Command empty answers every request on the address that it is given with the same text, and does nothing else. No
// server that net/http carries can be faster.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: empty HOST:PORT")
		os.Exit(2)
	}
	answer := []byte(`{"text":"` + strings.Repeat("x", 500) + `"}`) // About as long as a pocket.
	server := http.Server{Addr: os.Args[1], ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer)
		})}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}
