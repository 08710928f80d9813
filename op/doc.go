// Package op is an OpenID Provider as one value: give New a Config and the State it stands on, and
// serve what Handler returns. It wires the rooms below it and holds no protocol rule of its own.
//
// Two lifetimes meet here. State is what must outlive a change of configuration: the store, the key
// ring, remembered token facts, throttles. A Provider is one configuration's view of it: clients,
// users, resources, lifetimes. Several providers may stand on one State while a new configuration
// takes over from an old one.
package op
