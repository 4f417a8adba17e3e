package crawler

import (
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
	young, old := fmt.Sprint(3*maxValidators-1), "0"
	v.young, v.old = map[string][]byte{young: []byte("x")}, map[string][]byte{old: []byte("x")}
	for _, key := range []string{young, old} {
		if err := v.Put(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
		if value, err := v.Get(t.Context(), key); value != nil || err != nil {
			t.Errorf("%q, err %v; want nothing of what was removed", value, err)
		}
	}
}

func TestValidator_SurvivesItsStore(t *testing.T) {
	raw := Raw{Request: Request{URL: "https://x/1"}, Header: http.Header{"Etag": {`"1"`}, "Last-Modified": {strings.Repeat("x", 1000)}}, Body: []byte("body")}
	want := newValidator(raw, Page{Next: &Request{Stage: List, Method: "POST", URL: "https://x/2", Body: []byte(`{"a":1}`), Page: 2, Vars: map[string]string{"country": "ru"}}})
	if want.ETag != `"1"` || want.LastModified != "" || want.Sum != bodySum(raw.Body) {
		t.Errorf("%+v; want the tag, the sum, and no date of a thousand letters", want)
	}
	want.Unordered = true
	want.Follow = []Request{{Stage: List, URL: "https://x/3", Page: 1, Followed: true, Render: true, Header: http.Header{"Accept": {"a", "b"}}}}
	value, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeValidator(value); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, err %v, want %+v", got, err, want)
	}
	for n := 1; n < len(value); n++ {
		if got, err := decodeValidator(value[:n]); err == nil && got.Next != nil {
			t.Fatalf("%d of %d bytes were read as %+v", n, len(value), got)
		}
	}
	if _, err := decodeValidator([]byte(`{"e":"1"}`)); err == nil {
		t.Error("another format was read")
	}
}

func FuzzDecodeValidator(f *testing.F) {
	for _, v := range []validator{{Sum: "1"}, {ETag: "e", Next: &Request{URL: "https://x/", Page: 2}}, {Follow: []Request{{Vars: map[string]string{"a": "b"}}}}, {Follow: []Request{{Header: http.Header{"Accept": nil}}}}} {
		value, err := v.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		v, err := decodeValidator(value)
		if err != nil {
			return
		}
		again, err := v.encode()
		if err != nil {
			return // read from more than a store takes
		}
		if got, err := decodeValidator(again); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%+v, %v; want %+v", got, err, v)
		}
	})
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
