package authentication

import "testing"

func TestWhatEncodersThatWriteASCIIEscape(t *testing.T) {
	for r, want := range map[rune]string{
		'~': "", 0x7f: `\u007f`, 'é': `\u00e9`, 0xffff: `\uffff`, 0x10000: `\ud800\udc00`, 0x10ffff: `\udbff\udfff`,
	} {
		if got := escapeASCII(r); got != want {
			t.Errorf("%U: %q, want %q", r, got, want)
		}
	}
}
