package recipe

import (
	"encoding/base64"
	"slices"
	"strconv"
	"sync"
)

// Recipe is a way to get an answer with a status of an operation, or an object into a state. It needs nothing that is
// there before: what it is about, it makes.
type Recipe struct {
	// Operation and Status are what the last step gets, or empty and 0 for a state.
	Operation string `json:"operation,omitempty"`
	Status    int    `json:"status,omitempty"`
	// Object is an enumeration of the contract, or what else has states, and State is one of its values. Both are empty
	// for an operation.
	Object string `json:"object,omitempty"`
	State  string `json:"state,omitempty"`
	// Way says in a sentence how to get there.
	Way string `json:"way"`
	// Things are what it makes first, each after those that it needs.
	Things []Thing `json:"things,omitempty"`
	// Steps come after that of the things.
	Steps []Step `json:"steps"`
}

// Thing is something that many recipes need, such as a customer.
type Thing struct {
	Name string `json:"name"`
	// Is says what it is.
	Is string `json:"is"`
	// Steps make it.
	Steps []Step `json:"steps"`
}

// Step is one thing to do: a request to an operation or to a control of the sandbox, a move of the clock, or a value to
// make. Texts may have variables, as ${customer_id}: those that an earlier step has kept or made, ${nobody}, an id that
// nothing has, and ${username} and ${password}, those of the login.
type Step struct {
	// Operation is one of the contract. Empty is a request to a control, which is not signed, or no request.
	Operation string `json:"operation,omitempty"`
	// Method and Path are those of the request, the path with its variables.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Query and Header are what the request has beside what every one has.
	Query  map[string]string `json:"query,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	// Body is the JSON of the request; File is another body, with its media type. A request may have neither.
	Body any   `json:"body,omitempty"`
	File *File `json:"file,omitempty"`
	// Status is what the answer has.
	Status int `json:"status,omitempty"`
	// Want has values that are in the answer, by JSON pointers. The step * of a pointer is any element of an array.
	Want map[string]any `json:"want,omitempty"`
	// Keep names variables, with the JSON pointer of what they get of the answer: with a *, an array of all.
	Keep map[string]string `json:"keep,omitempty"`
	// Clock moves the sandbox's clock.
	Clock *Clock `json:"clock,omitempty"`
	// Make names variables, with what is made for them.
	Make map[string]Made `json:"make,omitempty"`
	// Undo is a request that takes back what others would go on noticing, such as a rule. It is sent when the recipe is
	// over, also if a step has failed, the last one first.
	Undo *Step `json:"undo,omitempty"`
}

// File is a body that is not JSON.
type File struct {
	Media string `json:"media" yaml:"media"`
	// Text is what is in it, unless Base64 is.
	Text   string `json:"text,omitempty" yaml:"text"`
	Base64 string `json:"base64,omitempty" yaml:"base64"`
}

// Content is what is in the file. It fails if Base64 is none.
func (f File) Content() ([]byte, error) {
	if f.Base64 != "" {
		return base64.StdEncoding.DecodeString(f.Base64)
	}
	return []byte(f.Text), nil
}

// Clock is a move of the sandbox's clock, of one of these kinds.
type Clock struct {
	// By is a duration as the control of the clock takes it, such as 36h or 2d.
	By string `json:"by,omitempty" yaml:"by"`
	// Run is until_quiet.
	Run string `json:"run,omitempty" yaml:"run"`
	// BusinessDay is a time of day in New York, such as 10:00: on the Federal Reserve's next business day.
	BusinessDay string `json:"business_day,omitempty" yaml:"business_day"`
}

// Made is what a program has to make by itself: uuid, a new one; public_key, the public half of a new RSA key pair of
// 4096 bits as PEM; or encrypted_pin, the PIN 0420 under the key in ${set_pin}, by PKCS#1 v1.5 in Base64.
type Made string

// What a program has to make by itself.
const (
	MadeUUID         Made = "uuid"
	MadePublicKey    Made = "public_key"
	MadeEncryptedPIN Made = "encrypted_pin"
)

// Nobody is the id that nothing has: the variable ${nobody}.
const Nobody = "00000000-0000-4000-8000-000000000000"

// Name is short: "createPocket 422", or "WireStatus REJECTED".
func (r Recipe) Name() string {
	if r.Operation != "" {
		return Pair{r.Operation, r.Status}.String()
	}
	return State{r.Object, r.State}.String()
}

var all = sync.OnceValues(load)

// All returns the recipes: those of operations in the order of the contract, then those of states. The list is the
// caller's; what is in a recipe is everybody's, and must not be changed.
func All() []Recipe {
	recipes, err := all()
	if err != nil {
		panic(err) // The files are part of the program, and a test loads them.
	}
	return slices.Clone(recipes)
}

// Pair is an operation of the contract, and a status that it names for it.
type Pair struct {
	Operation string
	Status    int
}

func (p Pair) String() string { return p.Operation + " " + strconv.Itoa(p.Status) }

// State is a value of an enumeration of the contract.
type State struct{ Object, Value string }

func (s State) String() string { return s.Object + " " + s.Value }
