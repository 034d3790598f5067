package generator

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"
	"sync"
)

//go:embed *.go
var sources embed.FS

// Identity tells this package, with its templates, from other versions of it, also those of a work tree, which have no
// other name.
var Identity = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, files := range []embed.FS{sources, templates} {
		// What is embedded can be read.
		_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := files.ReadFile(name)
			sum.Write([]byte(name))
			sum.Write(text)
			return err
		})
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
})

// Libraries are the modules, by path, whose versions decide what is made, beside that of this one.
var Libraries = []string{
	"github.com/getkin/kin-openapi",
	"github.com/oapi-codegen/oapi-codegen/v2",
	"github.com/speakeasy-api/openapi",
	"golang.org/x/tools", // oapi-codegen's own templates leave it to find imports.
}
