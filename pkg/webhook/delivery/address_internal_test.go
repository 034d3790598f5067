package delivery

import (
	"net/netip"
	"testing"
)

func TestWhichAddressesArePublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700:4700::1111": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.1.2.3": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "fec0::1": false,
		"0.0.0.0": false, "::": false, "0.1.2.3": false, "255.255.255.255": false, "240.0.0.1": false,
		"224.0.0.1": false, "ff02::1": false, "100.64.0.1": false, "100.128.0.1": true, "192.0.0.192": false,
		"192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false, "2001:db8::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001::1": false, "100::1": false,
		"192.88.99.1": false, "3fff::1": false, "5f00::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %t", text, got)
		}
	}
	for _, address := range []string{"", "example.com:443", "127.0.0.1", "/tmp/socket", "[fe80::1%1]:443"} {
		if publicOnly("tcp", address, nil) == nil {
			t.Errorf("%q is allowed", address)
		}
	}
	if err := publicOnly("tcp", "[2606:4700:4700::1111]:443", nil); err != nil {
		t.Error(err)
	}
}
