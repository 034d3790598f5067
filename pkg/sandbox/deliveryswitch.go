package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// deliverySwitch is a member of DeliveryFaults in the form that ParseDeliveryFaults reads.
type deliverySwitch struct {
	name string
	// share or time is where it goes; the other one is nil.
	share *float64
	time  *time.Duration
}

// deliverySwitches are the members of f, by the names that they have in JSON.
func deliverySwitches(f *DeliveryFaults) []deliverySwitch {
	return []deliverySwitch{
		{"lose", &f.Lose, nil}, {"double", &f.Double, nil}, {"shuffle", nil, &f.Shuffle}, {"delay", nil, &f.Delay},
		{"wrong_signature", &f.WrongSignature, nil}, {"down", &f.Down, nil},
	}
}

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
// and their values, with commas between them. Shares are from 0 to 1, times such as 90s, 36h or 1d12h, up to 366 days.
// An error does not repeat what it does not know.
func ParseDeliveryFaults(text string) (DeliveryFaults, error) {
	var f DeliveryFaults
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
			return DeliveryFaults{}, fmt.Errorf("%s: %w", name, err)
		}
		// One by one, so that an error can name the switch.
		if f.Check() != nil {
			return DeliveryFaults{}, fmt.Errorf("%s: %w", name, known[i].bounds())
		}
	}
	return f, nil
}

func (s *deliverySwitch) set(text string) (err error) {
	if s.share != nil {
		if *s.share, err = strconv.ParseFloat(text, 64); err != nil {
			return s.bounds()
		}
		return nil
	}
	switch *s.time, err = parseDuration(text); {
	case errors.Is(err, errTooLong):
		return s.bounds()
	case err != nil:
		return errors.New("want a time with its unit, such as 90s, 36h, 2d or 1d12h")
	}
	return nil
}

// bounds says what values there are.
func (s *deliverySwitch) bounds() error {
	if s.share != nil {
		return errors.New("want a share from 0, which is none, to 1, which is all")
	}
	return errors.New("want a time from 0s to 366 days")
}
