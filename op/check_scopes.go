package op

import (
	"fmt"
	"slices"
)

// checkScopeClients holds what a scope says of its clients against what the clients say of their scopes. Both have to
// agree, so that whoever reads one of them knows, and no endpoint has to ask twice.
func (c Config) checkScopeClients(faults *faults) {
	for _, scope := range c.Scopes {
		path := "scope " + scope.Name
		for i, id := range scope.Clients {
			switch {
			case !c.configures(id):
				faults.at(path, fmt.Errorf("clients: nobody configured the client %s", id))
			case slices.Contains(scope.Clients[:i], id):
				faults.at(path, fmt.Errorf("clients: %s is named twice", id))
			}
		}
		for _, configured := range c.Clients {
			if configured.Scopes.Has(scope.Name) && !scope.For(configured.ID) {
				faults.at("client "+configured.ID, fmt.Errorf("scopes: %s is for other clients", scope.Name))
			}
		}
	}
}

// configures reports whether the client stands in the configuration.
func (c Config) configures(clientID string) bool {
	return slices.ContainsFunc(c.Clients, func(configured *Client) bool { return configured.ID == clientID })
}
