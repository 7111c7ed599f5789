package main

import (
	"fmt"
	"net/http"
)

const credentials = `{"Code":"Success","AccessKeyId":"ACCESS","SecretAccessKey":"SECRET","Token":"","Expiration":"2099-01-01T00:00:00Z"}`

// machine is what machines and containers of clouds have inside: services that give credentials.
func machine() http.Handler {
	mux := http.NewServeMux()
	// A machine of AWS, as it is when a token has to be asked for first.
	mux.HandleFunc("PUT /latest/api/token", func(to http.ResponseWriter, request *http.Request) {
		if request.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") == "" {
			http.Error(to, "for how long", http.StatusBadRequest)
			return
		}
		to.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
		fmt.Fprint(to, "INSIDE")
	})
	inside := func(header, value string, text string) http.HandlerFunc {
		return func(to http.ResponseWriter, request *http.Request) {
			if request.Header.Get(header) != value {
				http.Error(to, "who are you", http.StatusUnauthorized)
				return
			}
			to.Header().Set("Content-Type", "application/json")
			fmt.Fprint(to, text)
		}
	}
	const roles = "GET /latest/meta-data/iam/security-credentials/"
	mux.HandleFunc(roles+"{$}", inside("X-aws-ec2-metadata-token", "INSIDE", "a role\n"))
	mux.HandleFunc(roles+"a role", inside("X-aws-ec2-metadata-token", "INSIDE", credentials))
	// A container of AWS.
	mux.HandleFunc("GET /container", inside("Authorization", "CONTAINER", credentials))
	// A machine of Google.
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/token",
		inside("Metadata-Flavor", "Google", `{"access_token":"`+token+`","token_type":"Bearer","expires_in":3600}`))
	mux.HandleFunc("GET /computeMetadata/v1/universe/universe-domain", inside("Metadata-Flavor", "Google", "googleapis.com"))
	return mux
}

// tokens is the token service of AWS, for one role and the token WEB.
func tokens() http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		form := request.PostFormValue
		if form("Action") != "AssumeRoleWithWebIdentity" || form("WebIdentityToken") != "WEB" ||
			form("RoleArn") != "arn:aws:iam::1:role/publisher" || form("RoleSessionName") == "" {
			http.Error(to, "no", http.StatusForbidden)
			return
		}
		to.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(to, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
			`<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ACCESS</AccessKeyId>`+
			`<SecretAccessKey>SECRET</SecretAccessKey><SessionToken>SESSION</SessionToken>`+
			`<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>`+
			`</AssumeRoleWithWebIdentityResponse>`)
	})
}
