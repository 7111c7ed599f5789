package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	account = "publisher@project.iam.gserviceaccount.com"
	scope   = "https://www.googleapis.com/auth/devstorage."
	token   = "TOKEN"
)

// google gives tokens for statements that are signed with the key of its account, and for the secrets of its user.
type google struct {
	key *rsa.PublicKey
}

// newGoogle writes the files service-account.json and user.json.
func newGoogle(folder string) (*google, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string]map[string]string{
		"service-account.json": {
			"type":           "service_account",
			"project_id":     "project",
			"private_key_id": "1",
			"private_key":    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
			"client_email":   account,
			"token_uri":      "https://oauth2.googleapis.com/token",
		},
		"user.json": {
			"type":          "authorized_user",
			"client_id":     "client+1",
			"client_secret": "secret/1",
			"refresh_token": "refresh&1",
		},
	} {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	return &google{&key.PublicKey}, nil
}

// ServeHTTP gives a token.
func (g *google) ServeHTTP(to http.ResponseWriter, request *http.Request) {
	form := request.PostFormValue
	good := false
	switch form("grant_type") {
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		good = g.holds(form("assertion"), "https://oauth2.googleapis.com/token")
	case "refresh_token":
		good = form("client_id") == "client+1" && form("client_secret") == "secret/1" && form("refresh_token") == "refresh&1"
	}
	if !good || request.URL.Path != "/token" {
		http.Error(to, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	to.Header().Set("Content-Type", "application/json")
	_, _ = to.Write([]byte(`{"access_token":"` + token + `","token_type":"Bearer","expires_in":3600}`))
}

// guard lets through what has a token, or a signed statement in its place, as the libraries of Google send it.
func (g *google) guard(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		shown := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
		if shown != token && !g.holds(shown, "") {
			http.Error(to, "who are you", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(to, request)
	})
}

func (g *google) holds(statement, audience string) bool {
	parts := strings.Split(statement, ".")
	if len(parts) != 3 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(g.key, crypto.SHA256, hash[:], signature) != nil {
		return false
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Aud, Scope string
		Iat, Exp        int64
	}
	for part, into := range map[string]any{parts[0]: &header, parts[1]: &claims} {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(text, into) != nil {
			return false
		}
	}
	now := time.Now().Unix()
	return header.Alg == "RS256" && header.Kid == "1" && claims.Iss == account && claims.Aud == audience &&
		strings.Contains(claims.Scope, scope) && claims.Iat <= now+60 && claims.Exp > now && claims.Exp <= claims.Iat+3600
}
