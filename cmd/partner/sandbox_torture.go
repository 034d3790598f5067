package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/payday"
)

func newSandboxTortureCommand() *cobra.Command {
	var config payday.Config
	var protocol string
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Pay while everything goes wrong, and count how often each payment was made",
		Long: `Run a day of payments through the Go client, by on-us transfers, over ACH and by wire, from a
sandbox that does to requests whatever can happen to them: it refuses, delays, resets and cuts off,
before it has done what it was asked for and after that. Meanwhile the sandbox and the payers are
killed. Then compare what the client told the payers with the sandbox's books.

Nothing may have been paid twice, what the client says to be done must be there, and what it says to
be not done must not. A check that fails is listed, and the exit status is 1. With --careless, which
does what the guide of the client warns of, checks must fail. Everything is on the loopback
interface and in a temporary folder, which is removed.`,
		Example: `  partner sandbox torture
  partner sandbox torture --payments 10000 --limit 1h
  partner sandbox torture --protocol HTTP/2 --seed 7`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if protocol != "all" {
				config.Protocols = []payday.Protocol{payday.Protocol(protocol)}
			}
			for _, n := range []struct {
				flag  string
				value int
			}{{"payments", config.Payments}, {"payers", config.Payers}, {"clients", config.Clients},
				{"limit", int(config.Limit)}} {
				if n.value < 1 {
					return flagError(cmd, n.flag, errors.New("it is not positive"))
				}
			}
			binary, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			config.Bank = []string{binary, "sandbox", "torture", "bank"}
			config.Payer = []string{binary, "sandbox", "torture", "payer"}
			report, err := payday.Run(cmd.Context(), config)
			switch {
			case errors.Is(err, payday.ErrConfig):
				return flagError(cmd, "protocol", errors.New("want HTTP/1.1, HTTP/2 or all"))
			case err != nil:
				return err
			}
			return errors.Join(report.Write(cmd.OutOrStdout()), report.Err())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&protocol, "protocol", "all",
		"`name` of the protocol: HTTP/1.1, HTTP/2, or all, one after the other")
	flags.IntVar(&config.Payments, "payments", payday.DefaultPayments, "`number` of payments with each protocol")
	flags.IntVar(&config.Payers, "payers", payday.DefaultPayers, "`number` of processes that pay")
	flags.IntVar(&config.Clients, "clients", payday.DefaultClients, "`number` of payments that each makes at once")
	flags.DurationVar(&config.Limit, "limit", payday.DefaultLimit, "longest `time` that all of it may take")
	flags.BoolVar(&config.Careless, "careless", false,
		"have the payers take a new key whenever a call has failed, which must show")
	flags.Uint64Var(&config.Seed, "seed", 0, "`number` that decides what is paid and what goes wrong; 0 takes any")
	for _, part := range []struct {
		name, short string
		run         func(cmd *cobra.Command) error
	}{
		{"bank", "Be the sandbox", func(cmd *cobra.Command) error {
			return payday.Serve(cmd.Context(), cmd.InOrStdin())
		}},
		{"payer", "Be one of the payers", func(cmd *cobra.Command) error {
			return payday.Pay(cmd.Context(), cmd.InOrStdin())
		}},
	} {
		cmd.AddCommand(&cobra.Command{Use: part.name, Short: part.short + "; started by torture alone",
			Example: `  partner sandbox torture`, Hidden: true, Args: noArguments,
			RunE: func(cmd *cobra.Command, _ []string) error { return part.run(cmd) }})
	}
	return cmd
}
