package store_test

import (
	"os"
	"testing"

	"otklik/store/storetest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	storetest.Stop()
	os.Exit(code)
}

func TestSQLite(t *testing.T) { storetest.Run(t, storetest.SQLite) }

func TestPostgreSQL(t *testing.T) {
	storetest.Postgres(t) // skips them all at once
	storetest.Run(t, storetest.PostgreSQL)
}
