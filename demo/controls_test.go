package demo

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestSubmitted_Moment(t *testing.T) {
	const with = `[{"type":"input","block_id":"until","element":{"type":"datetimepicker","action_id":"until","initial_date_time":1795269600}}]`
	const without = `[{"type":"input","block_id":"until","element":{"type":"datetimepicker","action_id":"until"}}]`
	for name, tt := range map[string]struct {
		blocks string
		typed  map[string]string
		want   string
		err    error
	}{
		"left as it was":     {with, nil, `{"until":{"until":{"selected_date_time":1795269600,"type":"datetimepicker"}}}`, nil},
		"seconds":            {with, map[string]string{"until": "1795273200"}, `{"until":{"until":{"selected_date_time":1795273200,"type":"datetimepicker"}}}`, nil},
		"a browser's form":   {with, map[string]string{"until": "2026-11-21T15:00"}, `{"until":{"until":{"selected_date_time":1795273200,"type":"datetimepicker"}}}`, nil},
		"emptied":            {with, map[string]string{"until": ""}, `{"until":{"until":{"selected_date_time":null,"type":"datetimepicker"}}}`, ErrIncomplete},
		"without a proposal": {without, nil, `{"until":{"until":{"selected_date_time":null,"type":"datetimepicker"}}}`, ErrIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			values, err := submitted(json.RawMessage(tt.blocks), tt.typed)
			got, _ := json.Marshal(values)
			if string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("the app is told %s, %v; want %s, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
