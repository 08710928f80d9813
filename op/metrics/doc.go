// Package metrics counts what a provider does, for Prometheus.
//
// A Set lives as long as the process: Caddy makes a registry for every configuration, and counts that began again
// with each would be of no use. Of labels there are two sorts. The name of a provider comes from the configuration;
// every other one is of a closed list that stands in this package, so that nobody outside can make a series, and none
// tells of a person or a client.
package metrics
