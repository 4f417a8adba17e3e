package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// nearest returns the known key that key is most likely a misspelling of,
// empty when none is near.
func nearest(key string) string {
	best, least := "", max(1, len(key)/3)+1
	for _, known := range slices.Sorted(maps.Keys(knownKeys())) {
		if d := distance(key, known); d < least {
			best, least = known, d
		}
	}
	return best
}

// knownKeys collects the YAML keys of all Config types.
func knownKeys() map[string]bool {
	keys := map[string]bool{}
	collectKeys(reflect.TypeFor[Config](), keys, map[reflect.Type]bool{})
	return keys
}

func collectKeys(t reflect.Type, keys map[string]bool, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			keys[name] = true
		}
		collectKeys(t.Field(i).Type, keys, seen)
	}
}

// distance is the Levenshtein distance of a and b in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
