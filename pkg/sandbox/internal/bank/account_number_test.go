package bank

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRoutingNumbers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"021000021": true, RoutingNumber: true, plaidRoutingNumber: true, "": false, "000000000": false,
		"021000022": false, "02100002": false, "0210000210": false, "02100002\u0661": false,
	} {
		if got := isRoutingNumber(number); got != want {
			t.Errorf("isRoutingNumber(%q) = %t", number, got)
		}
	}
}

func TestIBANs(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"GB82WEST12345698765432": true, "DE89370400440532013000": true, "NO9386011117947": true,
		"GB83WEST12345698765432": false, "gb82west12345698765432": false, "GB82 WEST 1234 5698 7654 32": false,
		"GB82": false, "": false,
	} {
		if got := isIBAN(number); got != want {
			t.Errorf("isIBAN(%q) = %t", number, got)
		}
	}
}

// One wrong digit, and two neighbours in the wrong order, are what check digits are there to notice. The weights of a
// routing number do not notice a swap of digits that differ by five.
func TestCheckDigitsNoticeASlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		right := rapid.SampledFrom([]string{"021000021", "322271627", "GB82WEST12345698765432"}).Draw(t, "number")
		check := isRoutingNumber
		if len(right) > 9 {
			check = isIBAN
		}
		slip := []byte(right)
		i := rapid.IntRange(0, len(slip)-2).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			slip[i], slip[i+1] = slip[i+1], slip[i]
			if d := int(slip[i]) - int(slip[i+1]); len(right) == 9 && (d == 5 || d == -5) {
				if !check(string(slip)) {
					t.Errorf("%q is refused, whose check digit is right", slip)
				}
				return
			}
		} else if slip[i] <= '9' {
			slip[i] = byte(rapid.IntRange('0', '9').Draw(t, "digit"))
		}
		if string(slip) != right && check(string(slip)) {
			t.Fatalf("%s passes for %s", slip, right)
		}
	})
}
