// Command generate makes the code of every generate.yaml in or below the folders that it is given:
//
//	generate oapi-codegen.yaml openapi.yaml gen pkg
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/jiko-partner/partner-go/internal/generator"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 3 {
		return errors.New("want the base configuration, the document and the folders to look for outputs in")
	}
	config, err := generator.Load(arguments[0], arguments[1], arguments[2:]...)
	if err != nil {
		return err
	}
	files, err := generator.Run(config)
	if err != nil {
		return err
	}
	return generator.Write(files)
}
