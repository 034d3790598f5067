package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/torture"
	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
)

func newTortureCommand() *cobra.Command {
	var config torture.Config
	var store string
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Kill servers and databases, and count how often each request took effect",
		Long: `Run a service in several processes that share a store of idempotency keys. Send each request up to
five times, at once and later; meanwhile kill the processes, and stop and crash Redis and
PostgreSQL. Then compare what the clients were told with a ledger in PostgreSQL, which has a row for
each effect.

With the transactional store, every request must have taken effect exactly once; with the others,
none twice, and every acknowledged one must be there. Replays must be the same, byte for byte. A
check that fails is listed, and the exit status is 1. --store unprotected, which is not part of all,
runs without any store: its checks must fail.

It needs redis-server and PostgreSQL, as in Debian's packages redis-server and postgresql. It starts
servers of its own, on loopback, with their data in temporary folders, and removes all of it.`,
		Example: `  partner idempotency torture
  partner idempotency torture --store transactional --requests 10000 --limit 1h`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config.Variants = torture.Variants()
			if store != "all" {
				config.Variants = []torture.Variant{torture.Variant(store)}
			}
			for _, n := range []struct {
				flag  string
				value int
			}{{"requests", config.Requests}, {"clients", config.Clients}, {"servers", config.Servers},
				{"limit", int(config.Limit)}} {
				if n.value < 1 {
					return flagError(cmd, n.flag, errors.New("it is not positive"))
				}
			}
			binary, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			config.Server = []string{binary, "idempotency", "torture", "serve"}
			report, err := torture.Run(cmd.Context(), config)
			switch {
			case errors.Is(err, torture.ErrConfig):
				return flagError(cmd, "store", errors.New("want redis, postgres, transactional or all"))
			case errors.Is(err, pgserver.ErrNotInstalled), errors.Is(err, redisserver.ErrNotInstalled):
				return fmt.Errorf("%w; install Debian's packages redis-server and postgresql", err)
			case err != nil:
				return err
			}
			return errors.Join(report.Write(cmd.OutOrStdout()), report.Err())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&store, "store", "all",
		"`name` of the store: redis, postgres, transactional, or all, one after the other")
	flags.IntVar(&config.Requests, "requests", torture.DefaultRequests, "`number` of logical requests for each store")
	flags.IntVar(&config.Clients, "clients", torture.DefaultClients, "`number` of clients that send at once")
	flags.IntVar(&config.Servers, "servers", torture.DefaultServers, "`number` of server processes")
	flags.DurationVar(&config.Limit, "limit", torture.DefaultLimit, "longest `time` that all of it may take")
	flags.Uint64Var(&config.Seed, "seed", 0, "`number` that decides what is sent and killed when; 0 takes any")
	cmd.AddCommand(newTortureServeCommand())
	return cmd
}

// newTortureServeCommand is one of the server processes, which torture starts.
func newTortureServeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "serve",
		Short:   "Be one of the servers; started by torture alone",
		Example: `  partner idempotency torture`,
		Hidden:  true,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return torture.Serve(cmd.Context(), cmd.InOrStdin()) },
	}
}
