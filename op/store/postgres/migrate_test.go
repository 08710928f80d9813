package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// TestAnIndexIsMadeWhileNodesWait: a step that makes an index and holds up no writer waits for whoever has a snapshot. Nodes
// that wait for their turn must not be among those, or all would wait until they give up.
func TestAnIndexIsMadeWhileNodesWait(t *testing.T) {
	t.Parallel()
	steps := allSteps(t)
	steps[fmt.Sprintf("%05d_index.sql", len(steps)+1)] = &fstest.MapFile{Data: []byte(`-- +goose NO TRANSACTION
-- +goose Up
SELECT pg_sleep(1);
CREATE INDEX CONCURRENTLY grants_hat_client_id ON grants (hat, client_id);
`)}
	dsn := postgrestest.Database(t)
	mustRunProgram(t, dsn, first(steps, len(steps)-1), time.Now)
	opened := make(chan error, 3)
	for range cap(opened) {
		go func() {
			_, err := program(t, dsn, steps, time.Now)
			opened <- err
		}()
	}
	giveUp := time.After(30 * time.Second)
	for range cap(opened) {
		select {
		case err := <-opened:
			if err != nil {
				t.Error(err)
			}
		case <-giveUp:
			t.Fatal("the nodes wait for each other")
		}
	}
}

// TestTheSchemaIsHeldUp: an operator is told that it is the schema that waits, not the database that is silent.
func TestTheSchemaIsHeldUp(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.Database(t)
	holder := mustRunProgram(t, dsn, ownSteps(), time.Now)
	conn, err := holder.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for taken := false; !taken; { // the server may not have seen yet that the connection which had it is gone
		if err := conn.QueryRow(t.Context(), migrating).Scan(&taken); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = newStore(time.Now, nil).open(ctx, Config{DSN: DSN(dsn)})
	if err == nil || !strings.HasSuffix(err.Error(), errHeldUp.Error()) {
		t.Errorf("the error is %v", err)
	}
}
