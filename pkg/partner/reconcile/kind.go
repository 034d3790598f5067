package reconcile

// Kind says how what the program believes and what the API lists are at odds.
type Kind string

// The kinds of findings.
const (
	// KindMissing is what one side has and the other has not.
	KindMissing Kind = "missing"
	// KindDoubled is what there should be once, and is there twice.
	KindDoubled Kind = "doubled"
	// KindLate is what came, or is to come, later than it should.
	KindLate Kind = "late"
	// KindDifferent is what both sides have, and say different things of.
	KindDifferent Kind = "different"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{KindMissing, KindDoubled, KindLate, KindDifferent} }

// Side says where something is missing, doubled, late or wrong.
type Side string

// The sides.
const (
	// SideProgram is what the program believes.
	SideProgram Side = "program"
	// SideAPI is what the API lists.
	SideAPI Side = "api"
)

// Object says what something is.
type Object string

// The objects. All but ObjectEvent are payments.
const (
	ObjectEvent Object = "event"
	ObjectOnUs  Object = "on-us transfer"
	ObjectACH   Object = "ach origination"
	ObjectWire  Object = "wire"
)

// payments are the objects that are payments, in the order in which they are read and reported.
var payments = []Object{ObjectOnUs, ObjectACH, ObjectWire}
