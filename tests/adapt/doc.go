// Package adapt holds Caddyfiles with the JSON they must become, or the error they must give.
package adapt
