package sentiment

import "testing"

// In Russian a rare word is often a common one in a rare form, so it keeps its
// whole rarity; in English it counts less.
func TestRarity(t *testing.T) {
	const rows = 80_000
	ru, en := habitsOf("ru").rarity, habitsOf("en").rarity
	if rare, flat := rarity(1, rows, ru), rarity(1, rows, en); flat >= rare {
		t.Errorf("a word of one text counts %d in English and %d in Russian, want less in English", flat, rare)
	}
	if rare, common := rarity(1, rows, en), rarity(rows/2, rows, en); rare <= common {
		t.Errorf("a rare word counts %d and a common one %d, want more for the rare one", rare, common)
	}
}
