package harness

import (
	"net/http"
	"testing"
	"time"
)

// Reach waits until a site answers: its certificate is made only after Caddy says that it runs.
func Reach(t testing.TB, client *http.Client, url string) {
	t.Helper()
	for deadline := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		answer, err := client.Head(url)
		if err == nil {
			answer.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not reached within %s: %v", url, startWithin, err)
		}
	}
}
