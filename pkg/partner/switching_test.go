package partner_test

import (
	"net/http"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// The connection of a 101 is open for as long as the other side likes, whatever the timeout of the attempt is.
func TestAServerThatSwitchesProtocolsHoldsNobody(t *testing.T) {
	release := make(chan struct{})
	a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = connection.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		<-release
	})
	defer close(release)
	client := a.client(t)
	if err := pay(t.Context(), t, client); outcomeOf(err) != partner.OutcomeUnknown {
		t.Errorf("%v", err)
	}
}
