package schemagen

import (
	"math"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// node is all schemas that apply to one value, with allOf dissolved. One that has a oneOf or an anyOf yet is a set of
// alternatives, in each of which it is known which variant is meant; the others have rules alone.
type node struct {
	// roots are the schemas that apply; parts are those that they lead to by allOf and by the variants that are chosen.
	roots  []*openapi3.Schema
	chosen []choice
	parts  []part
	// alternatives are those of the first group that is open.
	group        *group
	alternatives []alternative
	// oracle says what a value is worth. tested says that it has to be asked, since values are made without heeding
	// some of the rules.
	oracle *schema.Schema
	tested bool
	// dead says that no value was found, and wrong that none is to be: values are made for it that are refused.
	dead, wrong bool
	// denied are nodes of values that a not rules out, by the part that has it, and doubled those of values that two
	// variants of the group accept. They are wrong by intent, and have neither of their own.
	denied  map[int]*node
	doubled []*node
	// height is how deep the flattest value nests, or tooHigh if there is none.
	height int

	kinds kind
	// null says that null is right, and onlyNull that nothing else is.
	null, onlyNull bool
	isEnum         bool
	enum           []any
	number         *grid
	texts          texts
	array          arrays
	object         objects
}

const tooHigh = math.MaxInt32

// part is a schema without its compositions.
type part struct {
	schema *openapi3.Schema
	// root is the one that leads to it, by a path of keywords.
	root int
	path string
	// made says that the document does not have it: it is there for a discriminator.
	made bool
}

// group is a oneOf or an anyOf.
type group struct {
	part    part
	keyword string
	refs    openapi3.SchemaRefs
}

// choice is a variant of a group.
type choice struct {
	schema  *openapi3.Schema
	keyword string
	index   int
}

// alternative is what a choice makes of a node. It is nil, for a reason, if nothing can lead there.
type alternative struct {
	*node
	reason string
}

// edge leads to a value inside. from says which part has each of the node's roots, and where.
type edge struct {
	*node
	from []origin
}

type origin struct {
	part int
	path string
}

// arrays is what several schemas ask of an array.
type arrays struct {
	min, max int
	unique   bool
	item     edge
}

// objects is what several schemas ask of an object.
type objects struct {
	min, max   int
	properties []property
	// others are the members that no schema names; closed says that there must be none, welcome that a schema speaks of
	// them, or that none is named at all.
	others  edge
	closed  bool
	welcome bool
}

// property is a member that a schema names.
type property struct {
	name     string
	value    edge
	required bool
	// never says that it must not be there: it is read-only, write-only, or forbidden by a schema beside its own.
	never bool
	// forbidden is the part whose readOnly or writeOnly it breaks, with the keyword, or -1.
	forbidden int
	keyword   string
	// requiredBy and known are the parts that require it, and that have it among their properties.
	requiredBy, known []int
}

// isDead reports whether a member cannot be there.
func (p *property) isDead() bool { return p.never || p.value.height >= tooHigh }
