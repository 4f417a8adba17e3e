package official_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"otklik/crawler/official"
)

func TestAuthorise_ExchangesTheLongLivedToken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		id, secret, basic := r.BasicAuth()
		if !basic {
			id, secret = r.Form.Get("client_id"), r.Form.Get("client_secret")
		}
		wantBasic := r.URL.Path == "/api/v1/access_token"
		if id != "client" || secret != secretToken || basic != wantBasic || r.Form.Get("grant_type") != "refresh_token" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
			return
		}
		switch r.Form.Get("refresh_token") {
		case "good-refresh":
			_, _ = w.Write([]byte(`{"access_token":"short","expires_in":3599,"token_type":"Bearer"}`))
		case "empty-refresh":
			_, _ = w.Write([]byte(`{}`))
		case "busy-refresh":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"Token ` + r.Form.Get("refresh_token") + ` has been revoked."}`))
		}
	}))
	defer server.Close()
	for _, site := range []string{"google-business", "google-play-console", "youtube", "reddit"} {
		for refresh, final := range map[string]bool{"good-refresh": false, "empty-refresh": true, "busy-refresh": false, "revoked-" + secretToken: true} {
			t.Run(site+" "+refresh[:5], func(t *testing.T) {
				params := map[string]string{"base": server.URL, "client_id": "client", "client_secret": secretToken, "refresh_token": refresh}
				got, err := official.Authorise(t.Context(), official.Account{Site: site, Params: params, Client: &http.Client{}})
				if refresh == "good-refresh" {
					if err != nil || got["token"] != "short" || params["token"] != "" {
						t.Errorf("%v, %v", got, err)
					}
					return
				}
				if e := retry(t, err); e.Final != final || e.InDoubt {
					t.Errorf("%v: final %v, want %v", err, e.Final, final)
				}
			})
		}
	}
}

func TestAuthorise_LeavesOtherParametersAlone(t *testing.T) {
	for _, site := range []string{"vk", "google-business", "app-store-connect", "otzovik"} {
		got, err := official.Authorise(t.Context(), official.Account{Site: site, Params: map[string]string{"token": "ready"}})
		if err != nil || len(got) != 1 || got["token"] != "ready" {
			t.Errorf("%s: %v, %v", site, got, err)
		}
	}
}

func TestAuthorise_SignsForApple(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p8 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	account := official.Account{Site: "app-store-connect", Now: func() time.Time { return now },
		Params: map[string]string{"issuer": "57246542", "key_id": "2X9R4HXF34", "private_key": p8}}
	got, err := official.Authorise(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(got["token"], ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", got["token"])
	}
	var head, claims map[string]any
	decode(t, parts[0], &head)
	decode(t, parts[1], &claims)
	if head["alg"] != "ES256" || head["kid"] != "2X9R4HXF34" || claims["iss"] != "57246542" || claims["aud"] != "appstoreconnect-v1" {
		t.Errorf("head %v, claims %v", head, claims)
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life <= 0 || life > 1200 {
		t.Errorf("it lives %v seconds, Apple allows 1200", life)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		t.Fatalf("signature of %d bytes, %v", len(signature), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&key.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature does not verify")
	}
	for name, bad := range map[string]string{"no PEM": "hello", "no key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		account.Params["private_key"] = bad
		if _, err := official.Authorise(t.Context(), account); !retry(t, err).Final {
			t.Errorf("%s: %v, want it final", name, err)
		}
	}
}

func decode(t *testing.T, part string, into *map[string]any) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if err := dec.Decode(into); err != nil {
		t.Fatal(err)
	}
}
