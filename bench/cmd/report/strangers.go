package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/bench"
)

// minLeft is the least share of its requests per second that strangers must leave to whoever signs.
const minLeft = 0.5

// strangers is how many there are, with one connection each.
const strangers = 8

// reportStrangers puts pkg/server under the load of signed requests, with and without strangers.
func reportStrangers(ctx context.Context, w io.Writer, o options) error {
	return underLoad(ctx, w, o, "Strangers", func(servers *loadSetting, requests []*bench.Request) error {
		return compareStrangers(ctx, w, o, servers, requests[2])
	})
}

func compareStrangers(ctx context.Context, w io.Writer, o options, servers *loadSetting,
	transfer *bench.Request) error {
	address := strings.TrimPrefix(servers.addresses[guardedServer], "http://")
	rounds := max(1, o.rounds/20)
	fmt.Fprintf(w, "%s by wrk with %d connections beside %d strangers with one each, who send without a pause:\n"+
		"medians of %d alternating rounds of %d s\n\n", transfer.Name, loadConnections, strangers, rounds, o.seconds)
	fmt.Fprintf(w, "strangers\ttheir requests/s\trequests/s\tratio (quartiles)\t≥ %.2f\n", minLeft)
	kinds := append([]bench.Stranger{{Name: "none"}}, bench.Strangers()...)
	rates, theirs := make([][]float64, len(kinds)), make([][]float64, len(kinds))
	for round := range rounds {
		for turn := range kinds {
			i := (turn + round) % len(kinds)
			end := disturb(ctx, address, kinds[i])
			_, rate, err := servers.rate(ctx, guardedServer, transfer, o.seconds)
			theirs[i] = append(theirs[i], end())
			if err != nil {
				return fmt.Errorf("%s: %w", kinds[i].Name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	missed := false
	for i, kind := range kinds {
		ratios := make([]float64, rounds)
		for round := range ratios {
			ratios[round] = rates[i][round] / rates[0][round]
		}
		median, left := quantile(ratios, 0.5), ""
		if i > 0 {
			left = met(median >= minLeft)
			missed = missed || median < minLeft
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\t%s\n", kind.Name, quantile(theirs[i], 0.5),
			quantile(rates[i], 0.5), median, quantile(ratios, 0.25), quantile(ratios, 0.75), left)
	}
	fmt.Fprintln(w)
	if missed {
		return errTarget
	}
	return nil
}

// disturb lets strangers send until it is told to end, and then says how many of their requests were answered per
// second.
func disturb(ctx context.Context, address string, kind bench.Stranger) (end func() float64) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	var answered atomic.Int64
	start := time.Now()
	if len(kind.Text) > 0 {
		for range strangers {
			group.Go(func() {
				for ctx.Err() == nil {
					answered.Add(pester(ctx, address, kind.Text))
				}
			})
		}
	}
	return func() float64 {
		cancel()
		group.Wait()
		return float64(answered.Load()) / time.Since(start).Seconds()
	}
}

// pester sends a request over and over, as long as its connection lasts. It does not wait until all is sent: whoever is
// refused before leaves at once, and comes again.
func pester(ctx context.Context, address string, text []byte) (answered int64) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for {
		sent := make(chan error, 1)
		go func() {
			_, err := conn.Write(text)
			sent <- err
		}()
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			_ = conn.Close()
			<-sent //nolint:errcheck // How it failed does not matter.
			return answered
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		answered++
		if response.Close {
			_ = conn.Close()
		}
		if err := <-sent; err != nil || response.Close {
			return answered
		}
	}
}
