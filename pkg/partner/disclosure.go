package partner

import (
	"bytes"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A server may write anything into its answers: what it was sent, other people's data, characters that change how a log
// reads. So an error's text shows of an answer only what has the form of a rule's name, of a place in a request or of
// an id, and does not repeat what the call was sent with. The rest is on the Error for whoever asks for it.

const (
	// A word has its digits at its end, if any; random texts have not.
	wordForm = `[A-Za-z]{1,40}[0-9]{0,4}`
	// maxDigits is how many digits a name may have. The numbers of people, accounts and cards have more.
	maxDigits = 4
	// maxNameBytes bounds a name.
	maxNameBytes = 100
)

var (
	ruleForm   = regexp.MustCompile(`^` + wordForm + `([_.:/+-]{1,3}(` + wordForm + `|[0-9]{1,4}))*$`)
	memberForm = regexp.MustCompile(`^_{0,2}` + wordForm + `([_-](` + wordForm + `|[0-9]{1,4})|\[` + wordForm +
		`\])*_{0,2}$`)
	indexForm   = regexp.MustCompile(`^[0-9]{1,4}$`)
	charsetForm = regexp.MustCompile(`^(?i:utf-(8|16)|us-ascii|iso-8859-[0-9]{1,2}|windows-[0-9]{4})$`)
	versionForm = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){0,3}$`)
	uuidForm    = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	hexForm     = regexp.MustCompile(`[0-9A-Fa-f]{20,}`)
	idForm      = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_:=/+-]{3,63}$`)
	// numberForm is found in the numbers of people, accounts and cards, however they are grouped.
	numberForm = regexp.MustCompile(`([0-9][_:=/+-]?){8}[0-9]`)
	letterForm = regexp.MustCompile(`[A-Za-z]`)
	digitForm  = regexp.MustCompile(`[0-9]`)
)

// isRule reports whether a text has the form of a rule's name or of an error's type: pocket_not_empty,
// value_error.missing, https://example.com/problems/out-of-credit.
func isRule(text string) bool { return isName(text, ruleForm) }

// isStep reports whether a text has the form of a step to a place in a request: the name of a member or of a parameter,
// or an index.
func isStep(text string) bool { return isName(text, memberForm) || indexForm.MatchString(text) }

func isName(text string, form *regexp.Regexp) bool {
	return len(text) <= maxNameBytes && form.MatchString(text) && len(digitForm.FindAllString(text, -1)) <= maxDigits
}

// isID reports whether a text has the form of an id that a server gave to a request: letters and digits, and none of
// the numbers that people have.
func isID(text string) bool {
	switch {
	case !letterForm.MatchString(text):
		return false
	case uuidForm.MatchString(text):
		return true
	}
	if !idForm.MatchString(text) || !digitForm.MatchString(text) {
		return false
	}
	// A long hexadecimal number has many digits in a row now and then.
	rest := hexForm.ReplaceAllStringFunc(text, func(number string) string {
		if len(letterForm.FindAllString(number, -1)) >= 4 {
			return ""
		}
		return number
	})
	return !numberForm.MatchString(rest)
}

// isProduct reports whether a header's value is made of names and versions, as nginx/1.25.3 is.
func isProduct(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;/()", r) })
	return len(text) <= maxNameBytes && !slices.ContainsFunc(parts, func(part string) bool {
		return !isRule(part) && !versionForm.MatchString(part)
	})
}

// isMediaType reports whether a header's value is a media type, with the character set at most.
func isMediaType(text string) bool {
	mediaType, parameters, err := mime.ParseMediaType(text)
	if err != nil || !isRule(mediaType) {
		return false
	}
	for name, value := range parameters {
		if name != "charset" || !charsetForm.MatchString(value) {
			return false
		}
	}
	return true
}

// isCount reports whether a header's value is a number of bytes or seconds that an answer can have.
func isCount(text string) bool {
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n < 1e8
}

// isDate reports whether a header's value is a date.
func isDate(text string) bool {
	_, err := http.ParseTime(text)
	return err == nil
}

// printable keeps a text from flooding a log, from breaking its lines and from changing how they read: what does not
// show, such as control characters and marks of direction, becomes a space.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxTextBytes {
		text = strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
	}
	return text
}

// echoes reports whether a text of a server repeats what the call was sent with: a secret, or a value of its body.
func (r *call) echoes(text string) bool {
	if text == "" {
		return false
	}
	if r.core.sent.in(text) || isID(text) && bytes.Contains(r.Body.Bytes, []byte(text)) {
		return true
	}
	quoted := []byte(`"` + text + `"`)
	for rest := r.Body.Bytes; ; {
		_, after, found := bytes.Cut(rest, quoted)
		if !found {
			return false
		}
		if !bytes.HasPrefix(bytes.TrimLeft(after, " \t\r\n"), []byte(":")) {
			return true // It is a value, not the name of a member.
		}
		rest = after
	}
}

const (
	// minEcho is the shortest secret that is looked for: shorter ones are in any text.
	minEcho = 4
	// maxSecrets is how many secrets are remembered. Tokens and rotated secrets are replaced one after the other.
	maxSecrets = 16
)

// sentSecrets are the secrets and tokens that were sent last, so that the echo of one is not shown.
type sentSecrets struct {
	mu   sync.Mutex
	last []signing.Secret
}

// add remembers a secret.
func (s *sentSecrets) add(text string) {
	if len(text) < minEcho {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.last, func(known signing.Secret) bool { return known.Reveal() == text }) {
		return
	}
	s.last = append(s.last, signing.NewSecret(text))
	if len(s.last) > maxSecrets {
		s.last = slices.Delete(s.last, 0, 1)
	}
}

// in reports whether a text has a secret in it.
func (s *sentSecrets) in(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.last, func(known signing.Secret) bool {
		return strings.Contains(text, known.Reveal())
	})
}
