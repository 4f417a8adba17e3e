package inbox_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"otklik/inbox"
	"otklik/mention"
	"otklik/secret"
)

// identity is a provider on loopback that knows one person at a time.
type identity struct {
	t      *testing.T
	web    *httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any // of the next person
	nonce  string
	proof  string // the challenge that the code was asked for with
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	p := &identity{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.write(w, map[string]any{"issuer": p.web.URL, "authorization_endpoint": p.web.URL + "/auth", "token_endpoint": p.web.URL + "/token",
			"jwks_uri": p.web.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		b64 := base64.RawURLEncoding
		p.write(w, map[string]any{"keys": []map[string]string{{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64.EncodeToString(key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "right" || base64.RawURLEncoding.EncodeToString(sum[:]) != p.proof {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.sign()})
	})
	p.web = httptest.NewServer(mux)
	t.Cleanup(p.web.Close)
	return p
}

func (p *identity) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// sign makes the token of identity.
func (p *identity) sign() string {
	claims := map[string]any{"iss": p.web.URL, "aud": "otklik", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": p.nonce}
	for k, v := range p.claims {
		claims[k] = v
	}
	body, err := json.Marshal(claims)
	check(p.t, err)
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	check(p.t, err)
	return text + "." + b64.EncodeToString(signature)
}

// come walks the way of a person through the provider and back.
func (p *identity) come(b *person, code string) answer {
	p.t.Helper()
	a := b.get("/oidc/start?to=/sources")
	to, err := url.Parse(a.header.Get("Location"))
	check(p.t, err)
	q := to.Query()
	if a.status != http.StatusSeeOther || to.Path != "/auth" || q.Get("code_challenge_method") != "S256" {
		p.t.Fatalf("start: %d to %s", a.status, to)
	}
	p.nonce, p.proof = q.Get("nonce"), q.Get("code_challenge")
	return b.get("/oidc/back?" + url.Values{"state": {q.Get("state")}, "code": {code}}.Encode())
}

func TestOIDC(t *testing.T) {
	provider := newIdentity(t)
	w := newWorld(t, func(in *inbox.Inbox) {
		in.Config.OIDC = inbox.OIDC{Issuer: provider.web.URL, Client: "otklik", Secret: secret.Literal("s"), Role: mention.Reader, Domains: []string{"example.com"}}
		in.Public = "http://127.0.0.1"
	})
	w.account("admin", mention.Admin)
	w.account("olga@example.com", mention.PR)
	w.person().wants("/signin", "Войти через компанию")
	tests := []struct {
		name   string
		claims map[string]any
		status int
		login  string
		role   mention.Role
	}{
		{"a new person", map[string]any{"sub": "1", "email": "Boris@example.com", "email_verified": true, "name": "Борис"}, 303, "boris@example.com", mention.Reader},
		{"the same person with another address", map[string]any{"sub": "1", "email": "b@example.com", "email_verified": true}, 303, "boris@example.com", mention.Reader},
		{"a known login", map[string]any{"sub": "2", "email": "olga@example.com", "email_verified": true}, 303, "olga@example.com", mention.PR},
		{"another person with that login", map[string]any{"sub": "3", "email": "olga@example.com", "email_verified": true}, 403, "", ""},
		{"an address nobody vouches for", map[string]any{"sub": "4", "email": "x@example.com"}, 403, "", ""},
		{"a foreign domain", map[string]any{"sub": "5", "email": "x@evil.example", "email_verified": true}, 403, "", ""},
		{"a token for somebody else", map[string]any{"sub": "6", "aud": "other"}, 500, "", ""},
		{"an old token", map[string]any{"sub": "7", "exp": 1}, 500, "", ""},
		{"a token of another sign-in", map[string]any{"sub": "8", "nonce": "other"}, 400, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			provider.claims = tt.claims
			b := w.person()
			a := provider.come(b, "right")
			if a.status != tt.status {
				t.Fatalf("%d, want %d\n%s", a.status, tt.status, a.body)
			}
			if tt.login == "" {
				return
			}
			if got := a.header.Get("Location"); got != "/sources" {
				t.Errorf("leads to %q", got)
			}
			account, err := w.store.AccountBySubject(t.Context(), fmt.Sprintf("%s %s", provider.web.URL, tt.claims["sub"]))
			check(t, err)
			if account.Login != tt.login || account.Role != tt.role {
				t.Errorf("account %+v", account)
			}
			b.wants("/me", tt.login)
		})
	}
	t.Run("an answer that was not asked for", func(t *testing.T) {
		if a := w.person().get("/oidc/back?state=x&code=right"); a.status != http.StatusBadRequest {
			t.Errorf("%d, want 400", a.status)
		}
	})
	t.Run("a wrong code", func(t *testing.T) {
		provider.claims = map[string]any{"sub": "1"}
		if a := provider.come(w.person(), "wrong"); a.status < 400 {
			t.Errorf("%d, want a refusal", a.status)
		}
	})
	t.Run("a wrong state", func(t *testing.T) {
		b := w.person()
		b.get("/oidc/start")
		if a := b.get("/oidc/back?state=other&code=right"); a.status != http.StatusBadRequest {
			t.Errorf("%d, want 400", a.status)
		}
	})
}

func TestConfig_Validate(t *testing.T) {
	for name, c := range map[string]inbox.Config{
		"an issuer without a client":   {OIDC: inbox.OIDC{Issuer: "https://id.example"}},
		"an issuer that is no address": {OIDC: inbox.OIDC{Issuer: "id", Client: "x"}},
		"an unknown role":              {OIDC: inbox.OIDC{Issuer: "https://id.example", Client: "x", Role: "root"}},
		"a negative session":           {Session: -1},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := (inbox.Config{}).Validate(); err != nil {
		t.Errorf("the zero configuration: %v", err)
	}
}
