package dedup_test

import (
	"os"
	"testing"

	"otklik/dedup"
)

func TestMain(m *testing.M) {
	dedup.MuteClients()
	os.Exit(m.Run())
}
