package differential

import "slices"

// The areas of every upstream. Each upstream decides by itself into which of them a request falls.
const (
	health = "health" // exactly /health; public
	assets = "assets" // /assets and below; public
	orders = "orders" // /orders and below; by method
	admin  = "admin"  // /admin and below
	other  = "other"  // everything else
)

var areas = []string{health, assets, orders, admin, other}

// The scopes of the guards.
const (
	base   = "api"
	read   = "orders:read"
	write  = "orders:write"
	manage = "admin"
)

// guardLines is what the guards ask for, in the words of the Caddyfile; need says the same in other words. The
// prefix is that of the paths at the guard.
func guardLines(prefix string) string {
	return `
	scopes ` + base + `
	public ` + prefix + `/health ` + prefix + `/assets/*
	require GET ` + prefix + `/orders/* ` + read + `
	require POST ` + prefix + `/orders/* ` + write + `
	require PUT ` + prefix + `/orders/* ` + write + `
	require PATCH ` + prefix + `/orders/* ` + write + `
	require DELETE ` + prefix + `/orders/* ` + write + `
	require ` + prefix + `/admin/* ` + manage
}

// need is what a token must be good for to reach an area with a method. Nothing is asked of who reaches a public one.
func need(area, method string) (scopes []string, public bool) {
	switch area {
	case health, assets:
		return nil, true
	case orders:
		switch method {
		case "GET", "HEAD":
			return []string{base, read}, false
		case "POST", "PUT", "PATCH", "DELETE":
			return []string{base, write}, false
		case "OPTIONS":
			return []string{base}, false
		}
		return []string{base, read, write}, false // nobody can say what an upstream does with it
	case admin:
		return []string{base, manage}, false
	}
	return []string{base}, false
}

// covers reports whether scopes has all that is needed.
func covers(scopes, needed []string) bool {
	return !slices.ContainsFunc(needed, func(one string) bool { return !slices.Contains(scopes, one) })
}
