package crawler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestValidators_AreBoundedAndKeepWhatIsUsed(t *testing.T) {
	v := NewValidators().(*memoryValidators)
	for i := range 3 * maxValidators {
		if err := v.Put(t.Context(), fmt.Sprint(i), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if value, err := v.Get(t.Context(), "0"); err != nil || string(value) != "x" {
			t.Fatalf("a page that is asked for all the time is forgotten after %d others, err %v", i, err)
		}
	}
	if n := len(v.young) + len(v.old); n > maxValidators {
		t.Errorf("%d are kept, want at most %d", n, maxValidators)
	}
	if value, err := v.Get(t.Context(), "1"); value != nil || err != nil {
		t.Errorf("%q, err %v; want nothing of what nobody asks for", value, err)
	}
}

func TestValidator_SurvivesItsStore(t *testing.T) {
	raw := Raw{Request: Request{URL: "https://x/1"}, Header: http.Header{"Etag": {`"1"`}, "Last-Modified": {strings.Repeat("x", 1000)}}, Body: []byte("body")}
	want := newValidator(raw, Page{Next: &Request{Stage: List, Method: "POST", URL: "https://x/2", Body: []byte(`{"a":1}`), Page: 2, Vars: map[string]string{"country": "ru"}}})
	if want.ETag != `"1"` || want.LastModified != "" || want.Sum != bodySum(raw.Body) {
		t.Errorf("%+v; want the tag, the sum, and no date of a thousand letters", want)
	}
	value, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeValidator(value); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, err %v, want %+v", got, err, want)
	}
	if _, err := decodeValidator([]byte("{")); err == nil {
		t.Error("a broken value was read")
	}
}

func TestValidatorKey_TellsApartWhatIsAnsweredApart(t *testing.T) {
	src, other := testSource(), testSource()
	other.ID = "s2"
	seen := map[string]string{}
	for name, key := range map[string]string{
		"page":           validatorKey(src, Request{URL: "https://x/1"}),
		"another page":   validatorKey(src, Request{URL: "https://x/2"}),
		"a body":         validatorKey(src, Request{URL: "https://x/1", Body: []byte("1")}),
		"another source": validatorKey(other, Request{URL: "https://x/1"}),
		"a detail page":  validatorKey(src, Request{URL: "https://x/1", Stage: Detail}),
	} {
		if twin, ok := seen[key]; ok {
			t.Errorf("%s and %s share a key", name, twin)
		}
		seen[key] = name
	}
}
