// Package faults ends a running Caddy the hard way, fills its disk and spoils its files, and looks from
// outside whether anything that was promised has been lost or given twice.
package faults
