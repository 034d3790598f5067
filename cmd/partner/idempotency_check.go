package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

func newCheckCommand(lookup func(string) (string, bool)) *cobra.Command {
	var database database
	var redisURL string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look whether a Redis or a PostgreSQL server keeps what it acknowledges",
		Long: `Look whether a server that is to keep idempotency keys forgets any, so that requests execute twice:
whether Redis has an append-only file that is synced always, and evicts nothing; whether PostgreSQL
waits for its disk, and its table of keys is logged. With --redis-url it asks Redis, otherwise
PostgreSQL.

If something is wrong, it is named, and the exit status is 1. What the server does not tell is named
too, with exit status 0: many servers that are rented keep their configuration to themselves.

The URL of the database is taken from --database-url, JIKO_IDEMPOTENCY_CHECK_DATABASE_URL or
DATABASE_URL, in this order; prefer a variable, a flag shows up in process lists.`,
		Example: `  DATABASE_URL=… partner idempotency check
  JIKO_IDEMPOTENCY_CHECK_REDIS_URL=… partner idempotency check`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			switch {
			case redisURL != "" && database.url != "":
				return flagError(cmd, "redis-url", errors.New("it contradicts --database-url"))
			case redisURL != "":
				err = checkRedis(cmd, redisURL)
			default:
				err = checkPostgres(cmd, &database, lookup)
			}
			switch {
			case errors.Is(err, redisstore.ErrUnchecked):
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "not all can be seen: %v\n", err)
				return err
			case err != nil:
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the server keeps what it acknowledges")
			return err
		},
	}
	database.flags(cmd)
	cmd.Flags().StringVar(&redisURL, "redis-url", "", "`URL` of a Redis server, redis://…")
	rival(cmd, "redis-url", "database-url")
	return cmd
}

func checkRedis(cmd *cobra.Command, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil { // The driver repeats a part of the URL.
		return flagError(cmd, "redis-url", errors.New("it is not the URL of a Redis server"))
	}
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return store.Check(cmd.Context())
}

func checkPostgres(cmd *cobra.Command, database *database, lookup func(string) (string, bool)) error {
	config, err := database.config(cmd)
	if err != nil {
		return err
	}
	db, err := database.connect(cmd, lookup)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(cmd.Context())) }()
	store, err := pgstore.New(db, config)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return store.Check(cmd.Context())
}
