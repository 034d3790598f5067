package project_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/project"
)

const good = "package: bank\noutput: bank\ngenerate: [models, client, fakes]\ntags: [Pets]\n"

// wrong are configurations with a mistake, and what is said of it, without the name of the file. The schema says that
// it refuses those that an editor can know of.
var wrong = []struct {
	name, text, want string
	schema           bool
}{
	{"nothing", "", "partner.yaml: there is nothing in it", false},
	{"a comment alone", "# later\n", "partner.yaml: there is nothing in it", false},
	{"a text", "bank\n", "1:1: want keys and values, such as package: bank", true},
	{"a list", "- package: bank\n", "1:1: want keys and values", true},
	{"two documents", good + "---\npackage: x\n", "5:1: there is more than one document", false},
	{"no YAML", "package: [\n", "partner.yaml:1:1: ", false},
	{"a tab", "package:\tbank\n\toutput: bank\n", "partner.yaml:", false},
	{"an unknown key", good + "tag: [Pet Visits]\n", "5:1: there is no key tag; did you mean tags?", true},
	{"a key that exchanges letters", strings.Replace(good, "output", "ouptut", 1),
		"2:1: there is no key ouptut; did you mean output?", true},
	{"a key like none", good + "colour: red\n", "5:1: there is no key colour", true},
	{"a key twice", good + "package: other\n", "5:1: package stands twice", false},
	{"no package", strings.Replace(good, "package: bank\n", "", 1), "1:1: package is missing", true},
	{"no folder", strings.Replace(good, "output: bank\n", "", 1), "1:1: output is missing", true},
	{"nothing to generate", strings.Replace(good, "generate: [models, client, fakes]\n", "", 1),
		"1:1: generate is missing", true},
	{"an empty list", strings.Replace(good, "[models, client, fakes]", "[]", 1),
		"3:11: generate: the list is empty", true},
	{"a package that Go cannot have", strings.Replace(good, "bank", "my-bank", 1),
		`1:10: package: "my-bank" is no name for a package of Go`, true},
	{"a package that is a word of Go", strings.Replace(good, "bank", "func", 1),
		`1:10: package: "func" is no name for a package of Go`, false},
	{"a package in capitals", strings.Replace(good, "bank", "Bank", 1),
		`1:10: package: "Bank" is no name for a package of Go`, true},
	{"a program", strings.Replace(good, "bank", "main", 1), "1:10: package: nobody can import a package called main",
		false},
	{"a package that Go takes for a comment", strings.Replace(good, "bank", "documentation", 1),
		"1:10: package: nobody can import a package called documentation", false},
	{"a package that begins with a line", strings.Replace(good, "bank", "_bank", 1),
		"1:10: package: nobody can import a package called _bank", false},
	{"a package with a name of 300 letters", strings.Replace(good, "bank", strings.Repeat("x", 300), 1),
		"1:10: package: the name is longer than 200 letters", false},
	{"a folder with a name of 300 letters", strings.Replace(good, "output: bank",
		"output: "+strings.Repeat("x", 300), 1),
		"2:9: output: a name is longer than 200 letters", false},
	{"a package that is a list", strings.Replace(good, "bank", "[bank]", 1), "1:10: package: want a text", true},
	{"an unknown part", strings.Replace(good, "client", "clients", 1),
		`3:20: generate: there is no "clients"; did you mean client?`, true},
	{"a part twice", strings.Replace(good, "client", "models", 1), "3:20: generate: models stands twice", true},
	{"parts as a text", strings.Replace(good, "[models, client, fakes]", "models", 1),
		"3:11: generate: want a list, such as [models, client]", true},
	{"a client of nothing", strings.Replace(good, "[models, client, fakes]", "[client]", 1),
		"3:12: generate: client needs models: add it, or say by uses which package has it", false},
	{"fakes of no client", strings.Replace(good, "[models, client, fakes]", "[models, fakes]", 1),
		"3:20: generate: fakes needs client", false},
	{"an unknown tag", strings.Replace(good, "Pets", "Pet", 1),
		"4:8: tags: the contract has no tag Pet; did you mean Pets?", false},
	{"a tag in small letters", strings.Replace(good, "Pets", "pets", 1), "did you mean Pets?", false},
	{"a tag twice", strings.Replace(good, "[Pets]", "[Pets, Pets]", 1), "4:14: tags: Pets stands twice", true},
	{"an unknown operation", good + "operations:\n  - getHealth\n  - getHelth\n",
		"7:5: operations: the contract has no operation getHelth; did you mean getHealth?", false},
	{"an unknown way to split", good + "split: tags\n", `5:8: split: want none or tag, not "tags"; did you mean tag?`,
		true},
	{"unknown templates", good + "templates: mine\n", `5:12: templates: want ours or stock, not "mine"`, true},
	{"fakes of stock templates", good + "templates: stock\n",
		"3:28: generate: oapi-codegen's own templates make no fakes", false},
	{"stock templates in many files", strings.Replace(good, ", fakes", "", 1) + "templates: stock\nsplit: tag\n",
		"6:8: split: oapi-codegen's own templates make one file", false},
	{"a name for nothing", good + "names:\n  creatPet: Pay\n",
		"6:3: names: the contract has no operation or schema creatPet; did you mean createPet?", false},
	{"a name that Go does not export", good + "names:\n  getHealth: health\n",
		`6:14: names: "health" is no name that Go exports`, true},
	{"one name for two", good + "names:\n  getHealth: Pay\n  createPet: Pay\n",
		"7:14: names: getHealth and createPet cannot both be Pay", false},
	{"names as a list", good + "names: [Pay]\n", "5:8: names: want names, such as createOnUsTransfer: Pay", true},
	{"an overlay that is not there", good + "overlays: [own.yml]\n", "5:12: overlays: own.yml: no such file", false},
	{"an overlay that is empty", good + "overlays: [empty.yaml]\n", "empty.yaml:1:1: there is nothing in it", false},
	{"an overlay that is none", good + "overlays: [text.yaml]\n", "text.yaml", false},
	{"an overlay that meets nothing", good + "overlays: [own.yaml]\n",
		`own.yaml:4:13: the target "$.paths.nowhere" is not in the document`, false},
	{"an overlay with a letter wrong", good + "overlays: [typo.yaml]\n",
		`typo.yaml:4:14: the target "$.components['schemas'].Pte.oneOf" is not in the document; did you mean Pet?`,
		false},
	{"a folder below none", strings.Replace(good, "output: bank", "output: internl/bank", 1),
		"2:9: output: there is no folder internl; did you mean internal?", false},
	{"a folder that is a file", strings.Replace(good, "output: bank", "output: go.mod", 1),
		"2:9: output: go.mod is no folder", false},
	{"a folder of the system", strings.Replace(good, "output: bank", "output: /bank", 1),
		"2:9: output: want a folder from the one of this file on", true},
	{"a folder of Windows", strings.Replace(good, "output: bank", `output: internal\bank`, 1),
		"2:9: output: want a folder from the one of this file on", true},
	{"a folder outside of the module", strings.Replace(good, "output: bank", "output: ../bank", 1),
		"2:9: output: the folder is outside of the module example.com/consumer", false},
	{"a folder of another package", strings.Replace(good, "output: bank", "output: internal", 1),
		"2:9: output: internal has package internal already, in x.go", false},
	{"a folder with a space", strings.Replace(good, "output: bank", "output: my bank", 1),
		"2:9: output: Go has no packages in folders of such a name: want letters of ASCII and digits", false},
	{"a folder with letters beyond ASCII", strings.Replace(good, "output: bank", "output: bänk", 1),
		"2:9: output: Go has no packages in folders of such a name", false},
	{"a folder of vendors", strings.Replace(good, "output: bank", "output: vendor", 1),
		"2:9: output: Go leaves out what is in vendor", false},
	{"a folder of test data", strings.Replace(good, "output: bank", "output: testdata", 1),
		"2:9: output: Go leaves out what is in testdata", false},
	{"a folder that begins with a line", strings.Replace(good, "output: bank", "output: _bank", 1),
		"2:9: output: Go leaves out what is in _bank", false},
	{"a hidden folder", strings.Replace(good, "output: bank", "output: .bank", 1),
		"2:9: output: Go leaves out what is in .bank", false},
	{"a folder of another module", strings.Replace(good, "output: bank", "output: nested/bank", 1),
		"2:9: output: the folder is in another module, whose go.mod is in nested", false},
	{"two schemas of one name", good + "names:\n  Dog: Cat\n",
		"6:3: names: package bank: two things would be called Cat: the schemas Dog and Cat", false},
	{"a schema that is called like what an operation brings", strings.Replace(good, "Pets", "Pet Visits", 1) +
		"names:\n  Visit: StayParams\n  listVisits: Stay\n  PetKind: Sort\n",
		"7:3: names: package bank: two things would be called StayParams", false},
	{"a name whose fault other names hide", good + "names:\n  CreatePet: Client\n  deletePet: ListPets\n" +
		"  listPets: DeletePet\n", "6:3: names: package bank: two things would be called Client", false},
	{"a schema with a name that would become another", good + "names:\n  createPet: GetUrl\n  Pet: Url\n",
		"7:3: names: package bank: Url is not how such a name is spelt here: want URL", false},
	{"an operation that oapi-codegen calls like what it makes of another", strings.Replace(good, ", fakes", "", 1) +
		"templates: stock\nnames:\n  deletePet: CreatePetWithResponse\n",
		"7:3: names: package bank: ", false},
	{"a method and a field of one name", good + "names:\n  createPet: T\n",
		"6:3: names: package bank: two things would be called FakePets.T", false},
	{"an operation that is spelt otherwise", good + "names:\n  createPet: Create_Pet\n",
		"6:3: names: package bank: Create_Pet is not how such a name is spelt here: want CreatePet", false},
	{"an operation that oapi-codegen spells otherwise", strings.Replace(good, ", fakes", "", 1) +
		"templates: stock\nnames:\n  createPet: Create_Pet\n",
		"7:3: names: package bank: Create_Pet is not how such a name is spelt here: want CreatePet", false},
	{"a key that is a list", good + "names:\n  ? [getHealth]\n  : Ping\n", "6:5: a key is a text", false},
	{"a key that is an alias", "package: &a bank\noutput: bank\ngenerate: [models]\n*a : x\n",
		"4:1: a key is a text", true},
	{"keys that are merged", good + "<<: {split: tag}\n",
		"5:1: keys are not merged: what stands outside of the outputs is for each of them", false},
	{"an overlay that takes a tag away", good + "overlays: [untagged.yaml]\noperations: [createPet]\n",
		"untagged.yaml:4:13: with this action package bank cannot be made: operation createPet has no tag", false},
	{"overlays that take a tag away, the second action of the second", good +
		"overlays: [harmless.yaml, late.yaml]\noperations: [createPet]\n",
		"late.yaml:5:14: with this action package bank cannot be made: operation createPet has no tag", false},
	{"an overlay that takes a schema away", good + "overlays: [less.yaml]\n",
		"less.yaml:4:13: with this action package bank cannot be made: internal/generator/testdata/openapi.yaml: ",
		false},
	{"an overlay whose fault later actions hide", good + "overlays: [hidden.yaml]\n",
		"hidden.yaml:4:13: with this action package bank cannot be made: ", false},
	{"an overlay whose actions stand elsewhere", good + "overlays: [alias.yaml]\n",
		"alias.yaml:3:19: with this action package bank cannot be made: ", false},
	{"an overlay with members that Go calls the same", good + "overlays: [members.yaml]\n",
		"members.yaml:4:14: with this action package bank cannot be made: the code would not compile: Cat: AB " +
			"redeclared", false},
	{"an overlay with parameters that Go calls the same", good + "overlays: [parameter.yaml]\n",
		"parameter.yaml:4:13: with this action package bank cannot be made: the code would not compile: ", false},
	{"an overlay with a schema that cannot end", good + "overlays: [recursive.yaml]\n",
		"the code would not compile: Cat: invalid recursive type", false},
	{"an overlay with a type of nowhere", good + "overlays: [type.yaml]\n",
		"type.yaml:4:14: with this action package bank cannot be made: the code would not compile: Cat: undefined: " +
			"foo", false},
	{"an overlay that would fill the memory", good + "overlays: [bomb.yaml]\n",
		"bomb.yaml:4:14: the document would have more than 2000000 values", false},
	{"an overlay that copies until the memory is full", good + "overlays: [copies.yaml]\n",
		"the document would have more than 2000000 values", false},
	{"an overlay whose target is no path", good + "overlays: [path.yaml]\n", "path.yaml:4:14: ", false},
	{"an overlay that takes the document away", good + "overlays: [nothing.yaml]\n",
		"nothing.yaml:4:14: the document itself cannot be removed", false},
	{"an overlay with filters in filters", good + "overlays: [deep.yaml]\n",
		"deep.yaml:4:14: the target has more than 8 parentheses within each other", false},
	{"an overlay that copies from filters in filters", good + "overlays: [copy.yaml]\n",
		"copy.yaml:4:14: the target has more than 8 parentheses within each other", false},
	{"an overlay with a target of no end", good + "overlays: [long.yaml]\n",
		"long.yaml:4:14: the target is longer than 1000 letters", false},
	{"an overlay with a long target that is not there", good + "overlays: [longish.yaml]\n",
		strings.Repeat("x", 192) + "…\" is not in the document", false},
	{"an overlay with a schema that is a part of itself", good + "overlays: [part.yaml]\n",
		"part.yaml:4:14: with this action package bank cannot be made: ", false},
	{"a list that is not closed", "package: bank\noutput: bank\ngenerate: [models\n",
		"3:1: did not find expected ',' or ']'", false},
	{"an alias of nothing", good + "names: *nope\n", "5:8: unknown anchor 'nope' referenced", false},
	{"a character that nobody sees", good + "split: t\x01ag\n", "5:9: control characters are not allowed", false},
	{"text that is not UTF-8", good + "split: \xfftag\n", "5:8: ", false},
	{"an overlay whose action has no target", good + "overlays: [aimless.yaml]\n",
		"aimless.yaml:5:5: it is no valid overlay: overlay action at index 1 target must be defined", false},
	{"an overlay of two documents", good + "overlays: [double.yaml]\n",
		"double.yaml:5:1: there is more than one document", false},
	{"an overlay whose anchor contains itself", good + "overlays: [endless.yaml]\n",
		"endless.yaml:4:37: the anchor a contains itself", false},
	{"an overlay with a schema that is only itself", good + "overlays: [round.yaml]\n",
		"refers to nothing but itself", false},
	{"an overlay that calls two operations the same", good + "overlays: [same.yaml]\n",
		"same.yaml:4:14: with this action: internal/generator/testdata/openapi.yaml: two operations are called " +
			"getHealth", false},
	{"an overlay with an action that does nothing", good + "overlays: [idle.yaml]\n",
		"idle.yaml:4:13: the action does nothing: want update, remove or copy; did you mean update?", false},
	{"outputs and a package", good + "outputs: [{package: x, output: x}]\n",
		"1:1: package belongs into one of the outputs, as there are several", true},
	{"no outputs", "outputs: []\n", "1:10: outputs: want a list of outputs", true},
	{"an output that is a text", "outputs: [bank]\n", "1:11: outputs: want keys and values", true},
	{"an unknown key of an output", "generate: [models]\noutputs:\n  - pakage: x\n    package: x\n    output: x\n",
		"3:5: there is no key pakage; did you mean package?", true},
	{"two outputs on one file",
		"generate: [models]\noutputs:\n  - {package: x, output: x}\n  - {package: x, output: x/}\n",
		"4:26: output: package x has the folder x already", false},
	{"two packages in one folder",
		"generate: [models]\noutputs:\n  - {package: x, output: x}\n  - {package: y, output: X}\n",
		"4:26: output: package x has the folder X already", false},
	{"an output that is not there", "outputs:\n  - {package: x, output: x, generate: [models]}\n" +
		"  - {package: y, output: y, generate: [client], uses: z}\n", "3:55: uses: there is no output of a package z",
		false},
	{"a name that a package has beside the one that it uses", "names: {Pet: Client}\ntags: [Pets]\noutputs:\n" +
		"  - {package: x, output: x, generate: [models]}\n  - {package: y, output: y, generate: [client], uses: x}\n",
		"1:9: names: package y: two things would be called Client", false},
	{"a name that oapi-codegen has beside the one that it uses", "names: {Pet: Client}\ntags: [Pets]\n" +
		"templates: stock\noutputs:\n  - {package: x, output: x, generate: [models]}\n" +
		"  - {package: y, output: y, generate: [client], uses: x}\n",
		"1:9: names: package y: two things would be called Client", false},
	{"a schema that is spelt otherwise", good + "names:\n  Pet: Pet_Animal\n",
		"6:3: names: package bank: Pet_Animal is not how such a name is spelt here: want PetAnimal", false},
	{"a part that is there twice", "outputs:\n  - {package: x, output: x, generate: [models]}\n" +
		"  - {package: y, output: y, generate: [client], uses: x}\n" +
		"  - {package: z, output: z, generate: [models, fakes], uses: y}\n",
		"4:39: generate: models is in a package that z uses already", false},
	{"an output that several are meant by", "outputs:\n  - {package: x, output: a, generate: [models]}\n" +
		"  - {package: x, output: b, generate: [models]}\n  - {package: y, output: y, generate: [client], uses: x}\n",
		"4:55: uses: several outputs are of a package x: name a folder", false},
	{"an output that uses itself", "outputs:\n  - {package: x, output: x, generate: [client], uses: x}\n",
		"2:55: uses: a package does not use itself", false},
	{"outputs that use each other", "outputs:\n  - {package: x, output: x, generate: [models], uses: y}\n" +
		"  - {package: y, output: y, generate: [models], uses: x}\n", "2:55: uses: y uses x", false},
	{"an output that lacks an operation", "outputs:\n" +
		"  - {package: x, output: x, generate: [models], tags: [Pet Visits]}\n" +
		"  - {package: y, output: y, generate: [client], tags: [Pets], uses: x}\n",
		"3:69: uses: package x does not have the operation ", false},
	{"an output with other names", "outputs:\n  - {package: x, output: x, generate: [models]}\n" +
		"  - {package: y, output: y, generate: [client], names: {getHealth: Ping}, uses: x}\n",
		"3:81: uses: package x has other names", false},
}

// bomb are members each of which has three times what the one before has.
func bomb() string {
	text := "x-0: &a0 [x, x]"
	for i := range 30 {
		text += fmt.Sprintf(", x-%d: &a%[1]d [*a%d, *a%[2]d, *a%[2]d]", i+1, i)
	}
	return text
}

// copies are actions that double the document, one after the other.
func copies() string {
	text := ""
	for i := range 30 {
		text += fmt.Sprintf("  - {target: $.info, update: {x%d: {}}}\n  - {target: $.info.x%[1]d, copy: $.info}\n", i)
	}
	return text
}

// action is an overlay with an action.
func action(text string) string {
	return "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions:\n" + text
}

func TestAMistakeIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	with := tool(t)
	for _, c := range wrong {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := repository(t, map[string]string{project.FileName: c.text, "internal/x.go": "package internal\n",
				"empty.yaml": "", "text.yaml": "overlay\n",
				"own.yaml":     action("  - target: $.paths.nowhere\n    remove: true\n"),
				"double.yaml":  action("  - {target: $.tags, update: []}\n---\n"),
				"endless.yaml": action("  - &a {target: $.info, update: {x: *a}}\n"),
				"round.yaml": action("  - target: $.components.schemas\n    update:\n" +
					"      ZA: {$ref: '#/components/schemas/ZB'}\n      ZB: {$ref: '#/components/schemas/ZA'}\n" +
					"      Pet: {properties: {z: {$ref: '#/components/schemas/ZA'}}}\n"),
				"same.yaml":     action("  - {target: $.paths.*.post, update: {operationId: getHealth}}\n"),
				"aimless.yaml":  action("  - {target: $.tags, update: []}\n  - remove: true\n"),
				"idle.yaml":     action("  - target: $.paths\n    updat: {}\n"),
				"untagged.yaml": action("  - target: $.paths.*.post.tags\n    remove: true\n"),
				"less.yaml":     action("  - target: $.components.schemas.Pet\n    remove: true\n"),
				"harmless.yaml": action("  - {target: $.info, update: {x-own: 1}}\n"),
				"late.yaml": action("  - {target: $.info, update: {x-own: 2}}\n" +
					"  - {target: $.paths.*.post.tags, remove: true}\n  - {target: $.info, update: {x-own: 3}}\n"),
				"hidden.yaml": action("  - target: $.components.schemas.Cat.properties.kind\n    update: " +
					"{$ref: '#/components/schemas/Nope'}\n" +
					"  - {target: \"$.paths['/health'].get\", update: {operationId: getPet}}\n" +
					"  - {target: \"$.paths['/health'].get\", update: {operationId: getHealth}}\n"),
				"alias.yaml": "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nx-a: &a [{target: " +
					"$.components.schemas.Pet, remove: true}]\nactions: *a\n",
				"members.yaml": action("  - {target: $.components.schemas.Cat.properties, update: " +
					"{a-b: {type: string}, a_b: {type: string}}}\n"),
				"parameter.yaml": action("  - target: $.paths['/health'].get\n    update:\n      tags: [Pets]\n" +
					"      parameters:\n        - {name: from-date, in: query, schema: {type: string}}\n" +
					"        - {name: from_date, in: query, schema: {type: string}}\n"),
				"recursive.yaml": action("  - target: $.components.schemas.Cat\n    update:\n      required: [me]\n" +
					"      properties: {me: {$ref: '#/components/schemas/Cat'}}\n"),
				"type.yaml": action("  - {target: $.components.schemas.Cat.properties, update: {x: {type: string, " +
					"x-go-type: foo.Bar}}}\n"),
				"bomb.yaml":   action("  - {target: $.info, update: {" + bomb() + "}}\n"),
				"copies.yaml": strings.Replace(action(copies()), "1.0.0", "1.1.0", 1),
				"path.yaml": strings.Replace(action("  - {target: $.info.x-b1, remove: true}\n"), "1.0.0", "1.1.0",
					1),
				"typo.yaml":    action("  - {target: \"$.components['schemas'].Pte.oneOf\", remove: true}\n"),
				"nothing.yaml": action("  - {target: $, remove: true}\n"),
				"deep.yaml": action("  - {target: '$[" + strings.Repeat("?(", 20) + "@.a" + strings.Repeat(")", 20) +
					"]', remove: true}\n"),
				"copy.yaml": action("  - {target: $.info, copy: '$[" + strings.Repeat("?(", 20) + "@.a" +
					strings.Repeat(")", 20) + "]'}\n"),
				"long.yaml":    action("  - {target: $.info" + strings.Repeat("x", 1000) + ", remove: true}\n"),
				"longish.yaml": action("  - {target: $.paths." + strings.Repeat("x", 500) + ", remove: true}\n"),
				"part.yaml": action("  - {target: $.components.schemas.Pet, update: {$ref: " +
					"'#/components/schemas/Pet/properties/zz'}}\n"),
				"nested/go.mod": "module example.com/nested\n"})
			before := names(t, folder)
			configuration, err := project.Read(filepath.Join(folder, project.FileName), with)
			if err == nil {
				_, err = project.Generate(configuration, with)
			}
			if err == nil {
				t.Fatal("it is generated")
			}
			said := strings.ReplaceAll(err.Error(), folder+string(filepath.Separator), "")
			want := c.want
			if want[0] >= '1' && want[0] <= '9' {
				want = project.FileName + ":" + want
			}
			if !strings.Contains(said, want) {
				t.Errorf("%s\nwant %s", said, want)
			}
			if after := names(t, folder); !slices.Equal(before, after) {
				t.Errorf("something was written: %v", after)
			}
		})
	}
	if len(wrong) < 30 {
		t.Errorf("there are %d", len(wrong))
	}
}

// One run shows all: what an editor could know, what the contract does not have, and what overlays cannot do.
func TestAllMistakesAreNamedInTheirOrder(t *testing.T) {
	t.Parallel()
	folder := repository(t, map[string]string{"own.yaml": action("  - {target: $.paths.a, remove: true}\n" +
		"  - {target: $.tags, update: {}}\n  - {target: $.paths.b, remove: true}\n")})
	told := func(text string) []string {
		write(t, folder, project.FileName, text)
		_, err := project.Read(filepath.Join(folder, project.FileName), tool(t))
		return strings.Split(strings.ReplaceAll(fmt.Sprint(err), folder+string(filepath.Separator), ""), "\n")
	}
	common := []string{"partner.yaml:1:1: there is no key pakage; did you mean package?",
		`partner.yaml:3:12: generate: there is no "model"; did you mean models?`}
	got := told("pakage: bank\noutput: bank\ngenerate: [model]\ntags: [Pets, Pet]\nsplit: x\n")
	want := append(slices.Clone(common), "partner.yaml:4:14: tags: the contract has no tag Pet; did you mean Pets?",
		`partner.yaml:5:8: split: want none or tag, not "x"`)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	got = told("generate: [client]\ntag: [Pets]\noutputs:\n" +
		"  - {package: x, output: testdata, uses: nowhere}\n  - {package: y, output: vendor, tags: [Pest]}\n" +
		"  - {package: z, output: deep/er, names: {creatPet: Pay}}\n")
	want = []string{"partner.yaml:2:1: there is no key tag; did you mean tags?",
		"partner.yaml:1:12: generate: client needs models: add it, or say by uses which package has it",
		"partner.yaml:4:42: uses: there is no output of a package nowhere",
		"partner.yaml:4:26: output: Go leaves out what is in testdata",
		"partner.yaml:5:26: output: Go leaves out what is in vendor",
		"partner.yaml:5:41: tags: the contract has no tag Pest; did you mean Pets?",
		"partner.yaml:6:26: output: there is no folder deep",
		"partner.yaml:6:43: names: the contract has no operation or schema creatPet; did you mean createPet?"}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("there is no %q in %q", line, got)
		}
	}
	got = told(strings.Replace(good, "output: bank", "output: /tmp/nowhere/bank", 1))
	if len(got) != 1 {
		t.Errorf("%q", got)
	}
	got = told("pakage: bank\noutput: bank\ngenerate: [model]\noverlays: [own.yaml]\n")
	want = append(slices.Clone(common), `own.yaml:4:14: the target "$.paths.a" is not in the document`,
		`own.yaml:6:14: the target "$.paths.b" is not in the document`)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// However many mistakes there are, they are found soon, and the first are shown.
func TestALongListOfMistakesIsCutShort(t *testing.T) {
	t.Parallel()
	folder := repository(t, nil)
	var text strings.Builder
	text.WriteString(good + "names:\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "  createPet%d: Pay%[1]d\n", i)
	}
	write(t, folder, project.FileName, text.String())
	c, err := project.Read(filepath.Join(folder, project.FileName), tool(t))
	if err == nil {
		_, err = project.Generate(c, tool(t))
	}
	told := strings.Split(fmt.Sprint(err), "\n")
	if len(told) != 101 || !strings.HasSuffix(told[0], "did you mean createPet?") ||
		!strings.HasSuffix(told[100], "and 19900 mistakes more") {
		t.Errorf("%d lines, from %q to %q", len(told), told[0], told[len(told)-1])
	}
}

// The schema refuses what the parser refuses, as far as it can know, and nothing else.
func TestTheSchemaFitsTheParser(t *testing.T) {
	t.Parallel()
	printed, err := project.SchemaOf(tool(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"as it is embedded": project.Schema, "as it is printed": printed} {
		t.Run(name, func(t *testing.T) { theSchemaFits(t, text) })
	}
	for _, offered := range []string{"Pet Visits", "getHealth", "PetKind"} {
		if !bytes.Contains(printed, []byte(strconv.Quote(offered))) {
			t.Errorf("it does not offer %s", offered)
		}
	}
}

func theSchemaFits(t *testing.T, text []byte) {
	compiler := jsonschema.NewCompiler()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = compiler.AddResource("partner.schema.json", document)
	}
	if err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("partner.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return err
		}
		b, err := json.Marshal(value)
		if err != nil {
			return err
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			return err
		}
		return schema.Validate(instance)
	}
	for _, c := range wrong {
		if err := validate(c.text); c.schema && err == nil {
			t.Errorf("%s: the schema accepts it", c.name)
		} else if invalid := (*jsonschema.ValidationError)(nil); !c.schema && errorsAs(err, &invalid) &&
			c.text != "" && !strings.HasPrefix(c.text, "#") {
			t.Errorf("%s: the schema refuses it: say so in the table", c.name)
		}
	}
	for name, text := range map[string]string{
		"the smallest":   "package: x\noutput: x\ngenerate: [models]\n",
		"the initial":    string(project.Initial),
		"split by a yes": good + "split: true\n",
		"all keys": good + "operations: [getHealth]\nsplit: tag\nnames: {getHealth: Ping}\noverlays: [x.yaml]\n" +
			"templates: ours\n",
		"one that stands for another": "outputs:\n  - &x {package: x, output: x, generate: &parts [models]}\n" +
			"  - {package: y, output: y, generate: *parts}\n",
		"several": "generate: [models]\ntags: [Pets]\noutputs:\n  - {package: x, output: x}\n" +
			"  - {package: y, output: y, generate: [client], uses: x}\n",
	} {
		if err := validate(text); err != nil {
			t.Errorf("%s: the schema refuses it: %v", name, err)
		}
		if _, err := project.Parse("partner.yaml", []byte(text)); err != nil {
			t.Errorf("%s: the parser refuses it: %v", name, err)
		}
	}
}

func errorsAs(err error, target **jsonschema.ValidationError) bool {
	found, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // The library returns it as it is.
	*target = found
	return ok
}

func FuzzParse(f *testing.F) {
	for _, c := range wrong {
		f.Add(c.text)
	}
	f.Add(string(project.Initial))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := project.Parse("partner.yaml", []byte(text))
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}
