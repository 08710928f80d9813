package memory_test

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) store.Store { return memory.New(now) }, nil)
}
