// Package postgrestest runs real PostgreSQL servers for tests: the binaries of this system, with a port and a folder of
// their own, as an ordinary user even where the tests are root. A server ends with the process that started it, however
// that ends, and takes its folder along. Nothing here skips: where there is no PostgreSQL the test fails and says so.
package postgrestest
