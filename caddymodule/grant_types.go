package caddymodule

import "github.com/seed-5b16f944/gatehouse/op/oauth"

// deviceCode is what the configuration calls the grant type of devices, whose name is a URN.
const deviceCode = "device_code"

// namedGrantTypes are the grant types by the names that the specifications have for them; the URN counts as well.
func namedGrantTypes(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	named := make([]string, 0, len(words))
	for _, word := range words {
		if word == deviceCode {
			word = oauth.GrantDeviceCode
		}
		named = append(named, word)
	}
	return named
}
