package caddymodule

import "github.com/seed-5b16f944/gatehouse/caddymodule/setting"

// What a provider configures just as a guard does.
type (
	// Secret is a configured secret as it was written.
	Secret = setting.Secret
	// Outbound says where the provider may go.
	Outbound = setting.Outbound
)
