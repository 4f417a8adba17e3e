package official

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"otklik/mention"
)

// tokenLife is how long a signed App Store Connect token holds; Apple refuses
// more than 20 minutes.
const tokenLife = 15 * time.Minute

// NeedsSignIn reports whether site's short-lived tokens are made of the
// long-lived credentials in its parameters.
func NeedsSignIn(site string) bool {
	switch site {
	case "google-business", "google-play-console", "youtube", "reddit", "app-store-connect":
		return true
	}
	return false
}

// Authorise returns a's parameters with a fresh "token", where its site has
// such tokens and the parameters have what makes one; otherwise they come
// back as they are. A *mention.RetryError that is Final means that the site
// refuses the credentials.
func Authorise(ctx context.Context, a Account) (map[string]string, error) {
	params := maps.Clone(a.Params)
	if a.Now == nil {
		a.Now = time.Now
	}
	api := &api{client: a.Client, base: params["base"], params: params, now: a.Now, header: http.Header{}}
	var token string
	var err error
	switch {
	case !NeedsSignIn(a.Site):
		return params, nil
	case a.Site == "app-store-connect" && params["private_key"] != "":
		token, err = appleToken(params["issuer"], params["key_id"], params["private_key"], a.Now())
	case a.Site == "reddit" && params["refresh_token"] != "":
		token, err = api.refresh(ctx, "https://www.reddit.com/api/v1/access_token", true)
	case a.Site != "reddit" && params["refresh_token"] != "":
		token, err = api.refresh(ctx, "https://oauth2.googleapis.com/token", false)
	default:
		return params, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sign in at %s: %w", a.Site, err)
	}
	params["token"] = token
	return params, nil
}

// refresh exchanges the refresh token for an access token (RFC 6749 section
// 6). Reddit takes the client's credentials in the header only, Google in
// the form.
func (a *api) refresh(ctx context.Context, address string, basic bool) (string, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.params["refresh_token"]}}
	if basic {
		sign := http.Request{Header: a.header}
		sign.SetBasicAuth(a.params["client_id"], a.params["client_secret"])
	} else {
		form.Set("client_id", a.params["client_id"])
		form.Set("client_secret", a.params["client_secret"])
	}
	ans, err := a.form(ctx, address, form)
	if err != nil {
		return "", readOnly(err)
	}
	if token := ans.body.Get("access_token").String(); token != "" {
		return token, nil
	}
	return "", mention.Final(errors.New("no access_token: " + a.words(ans)))
}

// appleToken signs a token for App Store Connect: a JWT with ES256 (RFC 7518
// section 3.4). key is the .p8 file's text.
func appleToken(issuer, keyID, key string, now time.Time) (string, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return "", mention.Final(errors.New("private_key is no PEM file"))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || signer.Curve.Params().BitSize != 256 {
		return "", mention.Final(errors.New("private_key is no P-256 key")) // the parser's words may quote it
	}
	head, _ := json.Marshal(map[string]string{"alg": "ES256", "kid": keyID, "typ": "JWT"}) // strings always marshal
	claims, _ := json.Marshal(map[string]any{
		"iss": issuer, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "aud": "appstoreconnect-v1",
	})
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, signer, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign the token: %w", err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
