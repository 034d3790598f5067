package document

import (
	"errors"
	"fmt"
)

var (
	// ErrMissing says that something which the document cannot do without is not there.
	ErrMissing = errors.New("it is missing")
	// ErrDate says that a date is not midnight in UTC, is outside the years 1 to 9999 or is not where it belongs.
	ErrDate = errors.New("the date is not valid here")
	// ErrAmount says that an amount, or a sum of amounts, has the wrong sign or is more than MaxCents.
	ErrAmount = errors.New("the amount is not valid here")
	// ErrTotal says that an amount is not what the others add up to.
	ErrTotal = errors.New("it is not what the rest adds up to")
	// ErrValue says that a value is not one of those that exist, or has not their form.
	ErrValue = errors.New("the value is unknown")
	// ErrLength says that an identifier is too long for the format.
	ErrLength = errors.New("it is too long")
	// ErrTwice says that two have the same identifier.
	ErrTwice = errors.New("it is there twice")
)

// Error says which part of an input is refused, and why. It carries amounts, and no text of the input.
type Error struct {
	// Field is the way to the part in Go's words, for instance Lines[3].BalanceCents.
	Field string
	// Err wraps one of this package's errors.
	Err error
}

// Error implements error.
func (e *Error) Error() string { return "document: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

func refuse(field string, err error) error { return &Error{Field: field, Err: err} }

// within puts the name of what holds a part in front of the part's own.
func within(holder string, err error) error {
	var inner *Error
	if !errors.As(err, &inner) {
		return err
	}
	return refuse(holder+"."+inner.Field, inner.Err)
}

// item names one of a list.
func item(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// firstError returns the first that is not nil.
func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
