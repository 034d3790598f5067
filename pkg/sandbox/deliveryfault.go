package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/mistake"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// DeliveryFaults are what goes wrong with the deliveries of events on purpose. The seed decides which, and when. The
// zero value lets all go well. In JSON, as the controls have it, shares are numbers and times texts such as "1h30m".
type DeliveryFaults struct {
	// Lose is the share of deliveries that are never made, and of which no attempt is shown. A share is from 0, which
	// is none, to 1, which is all.
	Lose float64
	// Double is the share of deliveries that are made a second time after they have arrived.
	Double float64
	// Shuffle scatters deliveries over a time of the sandbox's clock, up to 366 days, and lets none wait for those
	// before it.
	Shuffle time.Duration
	// Delay is how long each delivery waits, by the sandbox's clock, before it is made, up to 366 days.
	Delay time.Duration
	// WrongSignature is the share of attempts that are signed with another secret.
	WrongSignature float64
	// Down is the share of attempts that reach nobody, as if the subscriber were down.
	Down float64
}

// Check fails when a share is not between 0 and 1, or a time is negative or longer than 366 days.
func (f DeliveryFaults) Check() error { return bank.DeliveryFaults(f).Check() }

// String returns the faults in the form that ParseDeliveryFaults reads, or "none" for the zero value.
func (f DeliveryFaults) String() string {
	var all []string
	for _, s := range deliverySwitches(&f) {
		if text := s.text(); text != "" {
			all = append(all, s.name+"="+text)
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ",")
}

// jsonDeliveryFaults are DeliveryFaults in JSON. All members are there, so that whoever reads them sees what there is.
type jsonDeliveryFaults struct {
	Lose           float64 `json:"lose"`
	Double         float64 `json:"double"`
	Shuffle        string  `json:"shuffle"`
	Delay          string  `json:"delay"`
	WrongSignature float64 `json:"wrong_signature"`
	Down           float64 `json:"down"`
}

// MarshalJSON writes the faults as the controls have them.
func (f DeliveryFaults) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonDeliveryFaults{Lose: f.Lose, Double: f.Double, Shuffle: f.Shuffle.String(),
		Delay: f.Delay.String(), WrongSignature: f.WrongSignature, Down: f.Down})
}

// UnmarshalJSON reads what MarshalJSON writes. What is left out is zero. Times may have days of 24 hours before the
// rest, such as 2d or 1d12h. It fails, and changes nothing, where Check would.
func (f *DeliveryFaults) UnmarshalJSON(text []byte) error {
	in := jsonDeliveryFaults{Shuffle: "0s", Delay: "0s"}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	read := DeliveryFaults{Lose: in.Lose, Double: in.Double, WrongSignature: in.WrongSignature, Down: in.Down}
	texts := map[string]string{"shuffle": in.Shuffle, "delay": in.Delay}
	for _, s := range deliverySwitches(&read) {
		if s.time != nil {
			if err := s.set(texts[s.name]); err != nil {
				return err
			}
		}
		if read.Check() != nil { // One by one, so that an error can name the switch.
			return s.outOfBounds()
		}
	}
	*f = read
	return nil
}

// deliverySwitch is a member of DeliveryFaults, by the name that it has in JSON and on the command line.
type deliverySwitch struct {
	name string
	// share or time is where it goes; the other one is nil.
	share *float64
	time  *time.Duration
}

// deliverySwitches are the members of f.
func deliverySwitches(f *DeliveryFaults) []deliverySwitch {
	return []deliverySwitch{
		{"lose", &f.Lose, nil}, {"double", &f.Double, nil}, {"shuffle", nil, &f.Shuffle}, {"delay", nil, &f.Delay},
		{"wrong_signature", &f.WrongSignature, nil}, {"down", &f.Down, nil},
	}
}

// switchError says what the value of a switch must be.
type switchError struct{ name, want string }

func (e *switchError) Error() string { return e.name + ": want " + e.want }

// DeliverySwitches returns the names that ParseDeliveryFaults knows.
func DeliverySwitches() []string {
	all := deliverySwitches(new(DeliveryFaults))
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.name
	}
	return names
}

// ParseDeliveryFaults reads what is to go wrong with deliveries as the command line has it: names of DeliverySwitches
// and their values, with commas between them, such as lose=0.3,shuffle=1h; or none. Shares are from 0 to 1, times such
// as 90s, 36h or 1d12h, up to 366 days. An error does not repeat what it does not know.
func ParseDeliveryFaults(text string) (DeliveryFaults, error) {
	var f DeliveryFaults
	if text == f.String() {
		return f, nil
	}
	known, names := deliverySwitches(&f), DeliverySwitches()
	seen := map[string]bool{}
	for one := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(one, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		i := slices.Index(names, name)
		switch {
		case name == "":
			return DeliveryFaults{}, errors.New("want name=value, such as lose=0.3, and commas between several")
		case i < 0:
			err := fmt.Errorf("there is no such switch: want one of %s", strings.Join(names, ", "))
			if nearest := mistake.Nearest(name, names); nearest != "" {
				err = fmt.Errorf("%w; did you mean %s?", err, nearest)
			}
			return DeliveryFaults{}, err
		case seen[name]:
			return DeliveryFaults{}, fmt.Errorf("%s: it stands twice", name)
		case !ok || value == "":
			return DeliveryFaults{}, fmt.Errorf("%s: its value is missing", name)
		}
		seen[name] = true
		if err := known[i].set(value); err != nil {
			return DeliveryFaults{}, err
		}
		if f.Check() != nil { // One by one, so that an error can name the switch.
			return DeliveryFaults{}, known[i].outOfBounds()
		}
	}
	return f, nil
}

// set reads a value.
func (s *deliverySwitch) set(text string) (err error) {
	if s.share != nil {
		if *s.share, err = strconv.ParseFloat(text, 64); err != nil {
			return s.outOfBounds()
		}
		return nil
	}
	switch *s.time, err = parseDuration(text); {
	case errors.Is(err, errTooLong):
		return s.outOfBounds()
	case err != nil:
		return &switchError{s.name, "a time with its unit, such as 90s, 36h, 2d or 1d12h"}
	}
	return nil
}

// text is the value as set reads it, or nothing if it is zero.
func (s *deliverySwitch) text() string {
	switch {
	case s.share != nil && *s.share != 0:
		return strconv.FormatFloat(*s.share, 'f', -1, 64)
	case s.time != nil && *s.time != 0:
		return s.time.String()
	}
	return ""
}

// outOfBounds says what values there are.
func (s *deliverySwitch) outOfBounds() error {
	if s.share != nil {
		return &switchError{s.name, "a share from 0, which is none, to 1, which is all"}
	}
	return &switchError{s.name, "a time from 0s to 366 days"}
}
