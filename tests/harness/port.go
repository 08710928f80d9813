package harness

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"sync"
	"testing"
)

// Ports are taken from below those that systems give to outgoing connections (Linux from 32768 on): any of these may
// be in use by the time Caddy listens.
const (
	firstPort = 10_000
	lastPort  = 32_000
)

// given are the ports of this process, so that no two servers of a test get the same one before either listens.
var given sync.Map

// Port is a port that was free a moment ago, for TCP and UDP on every address, and that Port gives nobody else.
func Port(t testing.TB) int {
	t.Helper()
	for range 1000 {
		offset, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			t.Fatal(err)
		}
		port := firstPort + int(offset.Int64())
		if _, taken := given.LoadOrStore(port, true); !taken && free(port) {
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func free(port int) bool {
	address := fmt.Sprintf(":%d", port)
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer stream.Close()
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return packets.Close() == nil
}
