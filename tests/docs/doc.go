// Package docs holds the README and the folder docs to what they say: Caddyfiles provision, the walk of
// the README gives the answers it shows, every word of the configuration is described and no other, queries
// run on the schema, links lead somewhere.
package docs
