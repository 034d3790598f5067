package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unwanted is what a client-only program must not link: servers, validators and database drivers. It may link
// database/sql/driver, which is only interfaces and which google/uuid needs.
var unwanted = []string{
	"github.com/go-chi/chi", "github.com/getkin/kin-openapi", "database/sql", "github.com/jackc/pgx",
	"github.com/lib/pq",
	"github.com/redis/go-redis", "github.com/gomodule/redigo", "github.com/go-sql-driver/mysql",
	"github.com/mattn/go-sqlite3", "modernc.org/sqlite",
}

// reportSize builds the two client-only programs and looks at what ours links.
func reportSize(ctx context.Context, w io.Writer, o options) error {
	programs := []string{"ours", "byhand"}
	linked := map[string][]string{}
	for _, name := range programs {
		command := exec.CommandContext(ctx, "go", "list", "-deps", "./size/"+name)
		command.Dir, command.Stderr = o.module, os.Stderr
		output, err := command.Output()
		if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		linked[name] = strings.Fields(string(output))
	}
	if o.builds > 0 {
		if err := reportBuilds(ctx, w, o, programs, linked); err != nil {
			return err
		}
	}
	found := slices.DeleteFunc(slices.Clone(linked["ours"]), func(path string) bool {
		return path == "database/sql/driver" || !slices.ContainsFunc(unwanted, func(bad string) bool {
			return path == bad || strings.HasPrefix(path, bad+"/")
		})
	})
	fmt.Fprintf(w, "chi, kin-openapi and database drivers linked by ours: %d %s\t%s\n", len(found),
		strings.Join(found, " "), met(len(found) == 0))
	if len(found) > 0 {
		return errTarget
	}
	return nil
}

func reportBuilds(ctx context.Context, w io.Writer, o options, programs []string, linked map[string][]string) error {
	elapsed, busy, builds := map[string][]float64{}, map[string][]float64{}, map[string]build{}
	for range o.builds {
		for _, name := range programs {
			b, err := coldBuild(ctx, o.module, name)
			if err != nil {
				return err
			}
			elapsed[name] = append(elapsed[name], b.elapsed.Seconds())
			busy[name] = append(busy[name], b.busy.Seconds())
			builds[name] = b
		}
	}
	fmt.Fprintf(w,
		"A client-only program, built with an empty build cache, standard library included: medians of %d\n\n",
		o.builds)
	fmt.Fprintln(w, "program\tsize\tstripped\tcold build\tCPU time\tpackages")
	for _, name := range programs {
		b := builds[name]
		fmt.Fprintf(w, "%s\t%.2f MB\t%.2f MB\t%.1f s\t%.1f s\t%d\n", name, float64(b.size)/1e6, float64(b.stripped)/1e6,
			quantile(elapsed[name], 0.5), quantile(busy[name], 0.5), len(linked[name]))
	}
	ours, byHand := builds["ours"], builds["byhand"]
	fmt.Fprintf(w, "ratio\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\n\n", float64(ours.size)/float64(byHand.size),
		float64(ours.stripped)/float64(byHand.stripped),
		quantile(elapsed["ours"], 0.5)/quantile(elapsed["byhand"], 0.5),
		quantile(busy["ours"], 0.5)/quantile(busy["byhand"], 0.5),
		float64(len(linked["ours"]))/float64(len(linked["byhand"])))
	return nil
}

type build struct {
	// elapsed is by the clock, busy the CPU time of all processes.
	elapsed, busy  time.Duration
	size, stripped int64
}

// coldBuild builds a program with an empty build cache, then links it again without symbols.
func coldBuild(ctx context.Context, module, name string) (b build, err error) {
	directory, err := os.MkdirTemp("", "partner-bench-")
	if err != nil {
		return build{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	environment := append(os.Environ(), "GOCACHE="+filepath.Join(directory, "cache"), "GOFLAGS=-mod=readonly")
	link := func(output string, flags ...string) (int64, error) {
		output = filepath.Join(directory, output)
		arguments := append([]string{"build", "-trimpath", "-buildvcs=false", "-o", output}, flags...)
		command := exec.CommandContext(ctx, "go", append(arguments, "./size/"+name)...)
		command.Dir, command.Env, command.Stderr = module, environment, os.Stderr
		start := time.Now()
		if err := command.Run(); err != nil {
			return 0, fmt.Errorf("build %s: %w", name, err)
		}
		if b.elapsed == 0 {
			b.elapsed, b.busy = time.Since(start), command.ProcessState.UserTime()+command.ProcessState.SystemTime()
		}
		info, err := os.Stat(output)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	if b.size, err = link("whole"); err != nil {
		return build{}, err
	}
	b.stripped, err = link("stripped", "-ldflags=-s -w")
	return b, err
}
