// Command bench measures what Gatehouse costs: a real Caddy on two cores of this machine, a load driver
// on the others, and for each row of the table a site with the thing measured and one without it, in
// turn. It prints the ratio of their rates and the CPU time that one request costs the process.
//
//	go run ./tests/bench
//
// What is compared runs in one process, so that both sides have the same heap and the same garbage
// collector behind them, and gets the same request bytes. Rates of a busy machine drift; ratios of
// neighbouring windows and CPU time a request do so much less.
package main
