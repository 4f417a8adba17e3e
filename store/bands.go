package store

import (
	"context"
	"encoding/binary"
	"fmt"
)

// A copy joins the task of a mention whose words share a band with its own.
// Only mentions with a task are filed in the table band, under each of their
// slots: that is sixteen rows in sixteen places of the index. All others, most
// of an archive, carry their slots in their own row until they get a task. There
// they stay when the mention is too old to be looked for: to take 128 bytes out
// of a row of two kilobytes is to write all of it anew.

// bandRow files a mention under a slot.
type bandRow struct{ slot, seq int64 }

func appendBands(rows []bandRow, seq int64, slots []int64) []bandRow {
	for _, s := range slots {
		rows = append(rows, bandRow{s, seq})
	}
	return rows
}

func (t *tx) insertBands(ctx context.Context, bands []bandRow) error {
	rows := make([][]any, len(bands))
	for i, b := range bands {
		rows[i] = []any{b.slot, b.seq}
	}
	if err := t.insert(ctx, "band (slot, mention)", " ON CONFLICT DO NOTHING", 2, rows); err != nil {
		return fmt.Errorf("insert bands: %w", err)
	}
	return nil
}

// saveSlots files the slots of a stored mention, or keeps them in its row.
func (t *tx) saveSlots(ctx context.Context, r *mentionRow) error {
	if len(r.slots) == 0 {
		return nil
	}
	if r.task != 0 {
		return t.insertBands(ctx, appendBands(nil, r.seq, r.slots))
	}
	_, err := t.exec(ctx, `UPDATE mention SET own_slots = $1 WHERE seq = $2`, packSlots(r.slots), r.seq)
	return err
}

// fileSlots files those mentions of a JSON list of ids that are about to get
// their first task.
func (t *tx) fileSlots(ctx context.Context, ids string) error {
	kept, err := collect(ctx, t, func(scan func(...any) error) ([]bandRow, error) {
		var seq int64
		var packed []byte
		if err := scan(&seq, &packed); err != nil {
			return nil, err
		}
		return appendBands(nil, seq, unpackSlots(packed)), nil
	}, `SELECT seq, own_slots FROM mention WHERE own_slots IS NOT NULL AND `+t.dialect.in("id", "$1"), ids)
	if err != nil || len(kept) == 0 {
		return err
	}
	for _, bands := range kept {
		if err := t.insertBands(ctx, bands); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE mention SET own_slots = NULL WHERE own_slots IS NOT NULL AND `+t.dialect.in("id", "$1"), ids)
	return err
}

// packSlots is what the column own_slots holds.
func packSlots(slots []int64) []byte {
	var b []byte
	for _, s := range slots {
		b = binary.LittleEndian.AppendUint64(b, uint64(s))
	}
	return b
}

// unpackSlots undoes packSlots.
func unpackSlots(b []byte) []int64 {
	var slots []int64
	for ; len(b) >= 8; b = b[8:] {
		slots = append(slots, int64(binary.LittleEndian.Uint64(b)))
	}
	return slots
}
