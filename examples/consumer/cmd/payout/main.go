// Command payout pays an invoice: payout INVOICE FROM TO CENTS, with the ids of two pockets of one customer. The API
// and its credentials come from the environment, as partner.FromEnvironment reads them. The exit status is 0 only if
// the invoice is paid.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/google/uuid"

	payouts "example.com/payouts"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "payout:", err)
		if failure := (*partner.Error)(nil); errors.As(err, &failure) {
			fmt.Fprintln(os.Stderr, "What to do:", failure.Outcome.Advice())
		} else if errors.Is(err, payouts.ErrPending) {
			fmt.Fprintln(os.Stderr, "What to do: run this again with the same arguments, later")
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout io.Writer, arguments []string) error {
	if len(arguments) != 4 {
		return errors.New("want INVOICE FROM TO CENTS")
	}
	from, err := uuid.Parse(arguments[1])
	if err != nil {
		return errors.New("FROM is no id of a pocket")
	}
	to, err := uuid.Parse(arguments[2])
	if err != nil {
		return errors.New("TO is no id of a pocket")
	}
	cents, err := strconv.ParseInt(arguments[3], 10, 64)
	if err != nil || cents <= 0 {
		return errors.New("CENTS is no number of cents")
	}
	client, err := partner.New(partner.FromEnvironment())
	if err != nil {
		return err
	}
	defer client.Close()
	service, err := payouts.New(client, from)
	if err != nil {
		return err
	}
	transfer, err := service.Pay(ctx, payouts.Payout{Invoice: arguments[0], To: to, Cents: cents})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "transfer", transfer.ID, "is", transfer.Status)
	return err
}
