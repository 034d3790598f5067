package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

// Execute a request once, whichever process gets it.
func Example() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	switch err := store.Check(ctx); {
	case errors.Is(err, redisstore.ErrUnchecked):
		fmt.Println("somebody else runs the server, and has to make sure:", err)
	case err != nil:
		fmt.Println("such as ErrVolatile: the server may forget what it has acknowledged:", err)
		return
	}
	claim := idempotency.Claim{Scope: "acme", Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Lease: time.Minute,
		Window: time.Hour}
	outcome, err := store.Claim(ctx, claim)
	switch {
	case errors.Is(err, idempotency.ErrCorrupt):
		fmt.Println("somebody changed the record: delete it once it is known whether the request took effect")
	case err != nil:
		fmt.Println("execute nothing, and let the caller try again:", err)
	case outcome.State == idempotency.StateMine:
		response := []byte("executed")
		hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
		fmt.Println(string(response), store.Complete(ctx, hold, response))
	case outcome.State == idempotency.StateDone:
		fmt.Println(string(outcome.Response))
	}
}

// A cluster is a matter of the client alone. Programs that share it keep apart by their prefix.
func ExampleNew_cluster() {
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                 []string{"10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"},
		ContextTimeoutEnabled: true,
	})
	store, err := redisstore.New(client, redisstore.Config{Prefix: "payouts:idempotency:"})
	fmt.Println(store, err)
}
