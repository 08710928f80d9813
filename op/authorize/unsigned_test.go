package authorize

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// TestThreat031_OnlyAnOperatorLetsObjectsGoUnsigned: whatever a client that registered itself says of them.
func TestThreat031_OnlyAnOperatorLetsObjectsGoUnsigned(t *testing.T) {
	unsigned, err := keys.Unsecured(map[string]any{"response_type": "code"})
	if err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{Deps: Deps{ClientKeys: client.NewKeySets(nil, nil)}}
	for _, configured := range []bool{true, false} {
		for _, alg := range []string{"none", "", "RS256"} {
			c := &client.Client{ID: "a", RequestObjectAlg: alg, Configured: configured}
			payload, err := e.verifyObject(t.Context(), c, unsigned)
			if accepted := err == nil && payload != nil; accepted != (configured && alg == "none") {
				t.Errorf("configured %v, alg %q: %s, %v", configured, alg, payload, err)
			}
		}
	}
}
