package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"otklik/secret"
)

const value = "xoxb-very-private"

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	t.Setenv("OTKLIK_TEST_TOKEN", value)
	t.Setenv("OTKLIK_TEST_EMPTY", "")
	missing := filepath.Join(t.TempDir(), "absent")
	big := write(t, strings.Repeat("k", 64<<10+1))
	full := strings.Repeat("k", 64<<10)
	tests := []struct {
		name, ref, want, wantErr string
	}{
		{"a literal is itself", value, value, ""},
		{"nothing is not set", "", "", ""},
		{"a variable is read", "env:OTKLIK_TEST_TOKEN", value, ""},
		{"a missing variable is named", "env:OTKLIK_TEST_ABSENT", "", "OTKLIK_TEST_ABSENT is not set"},
		{"an empty variable is named", "env:OTKLIK_TEST_EMPTY", "", "OTKLIK_TEST_EMPTY is empty"},
		{"a variable needs a name", "env:", "", "needs the name"},
		{"a file is read", "file:" + write(t, value), value, ""},
		{"one line break is trimmed", "file:" + write(t, value+"\n"), value, ""},
		{"a Windows line break is trimmed", "file:" + write(t, value+"\r\n"), value, ""},
		{"inner and further breaks stay", "file:" + write(t, "a\nb\n\n"), "a\nb\n", ""},
		{"a file of exactly the limit is read", "file:" + write(t, full), full, ""},
		{"a missing file is named", "file:" + missing, "", missing},
		{"an empty file is named", "file:" + write(t, "\n"), "", "is empty"},
		{"a file over the limit is refused", "file:" + big, "", "larger than 65536 bytes"},
		{"a folder is refused", "file:" + t.TempDir(), "", "directory"},
		{"a file needs a path", "file:", "", "needs a path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := secret.Resolve(tt.ref)
			if s.Reveal() != tt.want {
				t.Errorf("Resolve(%q) reveals %d bytes, want %d", tt.ref, len(s.Reveal()), len(tt.want))
			}
			if (err != nil) != (tt.wantErr != "") || (err != nil && !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("Resolve(%q) error = %v, want %q", tt.ref, err, tt.wantErr)
			}
			if fmt.Sprint(s.Err()) != fmt.Sprint(err) {
				t.Errorf("Err() = %v, want %v", s.Err(), err)
			}
		})
	}
}

func TestString_Origin(t *testing.T) {
	for ref, want := range map[string]string{"": "", value: "literal", "env:OTKLIK_TEST_ABSENT": "env:OTKLIK_TEST_ABSENT"} {
		s, _ := secret.Resolve(ref)
		if s.Origin() != want || s.IsSet() != (want != "") || s.IsZero() != (want == "") {
			t.Errorf("Resolve(%q): origin %q, set %v, zero %v; want %q", ref, s.Origin(), s.IsSet(), s.IsZero(), want)
		}
	}
}

func TestLiteral_IsNeverAReference(t *testing.T) {
	if s := secret.Literal("env:HOME"); s.Reveal() != "env:HOME" || s.Err() != nil {
		t.Errorf("Literal reveals %q, %v", s.Reveal(), s.Err())
	}
}

// settings is how a part's configuration holds secrets: by value, by pointer,
// in a slice and in a map.
type settings struct {
	Token secret.String            `json:"token" yaml:"token" xml:"token"`
	Spare *secret.String           `json:"spare" yaml:"spare" xml:"spare"`
	Keys  []secret.String          `json:"keys" yaml:"keys" xml:"keys"`
	Named map[string]secret.String `json:"named" yaml:"named" xml:"-"`
}

func filled() settings {
	s := secret.Literal(value)
	return settings{Token: s, Spare: &s, Keys: []secret.String{s}, Named: map[string]secret.String{"a": s}}
}

func TestString_NeverShowsItsValue(t *testing.T) {
	all := filled()
	outputs := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%T %v"} {
		args := []any{all.Token}
		if strings.HasPrefix(verb, "%T") {
			args = append(args, all.Token)
		}
		outputs["token "+verb] = fmt.Sprintf(verb, args...)
		if !strings.HasPrefix(verb, "%T") {
			outputs["struct "+verb] = fmt.Sprintf(verb, all.Keys)
		}
	}
	outputs["print"] = fmt.Sprint(all.Token, *all.Spare, all.Keys, all.Named)
	outputs["methods"] = all.Token.String() + all.Token.GoString()
	outputs["json"] = encode(t, json.Marshal, all)
	outputs["yaml"] = encode(t, yaml.Marshal, all)
	outputs["xml"] = encode(t, xml.Marshal, settings{Token: all.Token, Spare: all.Spare, Keys: all.Keys})
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "token", all.Token, "pointer", all.Spare)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("m", "token", all.Token, "settings", all)
	outputs["slog text"], outputs["slog json"] = text.String(), js.String()
	for how, out := range outputs {
		if strings.Contains(out, "private") || strings.Contains(out, fmt.Sprintf("%x", "private")) {
			t.Errorf("%s shows the value: %s", how, out)
		}
		if !strings.Contains(out, "[redacted]") {
			t.Errorf("%s does not say [redacted]: %s", how, out)
		}
	}
}

func encode(t *testing.T, marshal func(any) ([]byte, error), s settings) string {
	t.Helper()
	b, err := marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestString_UnmarshalText(t *testing.T) {
	t.Setenv("OTKLIK_TEST_TOKEN", value)
	t.Run("yaml keeps what cannot be resolved for Err", func(t *testing.T) {
		var got settings
		in := "token: env:OTKLIK_TEST_TOKEN\nspare: env:OTKLIK_TEST_ABSENT\nkeys: [plain, 12345]\nnamed: {a: file:/absent}\n"
		if err := yaml.Unmarshal([]byte(in), &got); err != nil {
			t.Fatal(err)
		}
		if got.Token.Reveal() != value || got.Token.Err() != nil {
			t.Errorf("token reveals %q, %v", got.Token.Reveal(), got.Token.Err())
		}
		if got.Spare.Err() == nil || got.Named["a"].Err() == nil {
			t.Errorf("errors = %v, %v; want both", got.Spare.Err(), got.Named["a"].Err())
		}
		if got.Keys[0].Reveal() != "plain" || got.Keys[1].Reveal() != "12345" {
			t.Errorf("keys reveal %q, %q", got.Keys[0].Reveal(), got.Keys[1].Reveal())
		}
	})
	t.Run("json reads the same references", func(t *testing.T) {
		var got settings
		if err := json.Unmarshal([]byte(`{"token":"env:OTKLIK_TEST_TOKEN"}`), &got); err != nil {
			t.Fatal(err)
		}
		if got.Token.Reveal() != value {
			t.Errorf("token reveals %q", got.Token.Reveal())
		}
	})
	t.Run("an unset secret marshals as nothing", func(t *testing.T) {
		b, err := json.Marshal(map[string]secret.String{"token": {}})
		if err != nil || string(b) != `{"token":""}` {
			t.Errorf("got %s, %v", b, err)
		}
	})
}
