package replies_test

import (
	"testing"
	"time"

	"otklik/replies"
)

func TestNorms_Working(t *testing.T) {
	norms, err := replies.Config{
		Norms:     map[string]replies.Norm{"office": {Calendar: "office"}, "always": {}},
		Calendars: map[string]replies.CalendarConfig{"office": {Zone: "UTC", Days: map[string][]string{"mon-fri": {"09:00-18:00"}}}},
	}.Build()
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	for norm, want := range map[string]time.Duration{"office": 2 * time.Hour, "always": 65 * time.Hour, "unknown": 65 * time.Hour} {
		if got := norms.Working(norm, friday, friday.Add(65*time.Hour)); got != want {
			t.Errorf("%s: %s from Friday 17:00 to Monday 10:00, want %s", norm, got, want)
		}
	}
}
