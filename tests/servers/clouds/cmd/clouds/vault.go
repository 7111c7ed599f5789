package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// vault answers as the key-value engines of Vault do: version 2 at secret/, version 1 at kv/. The token ROOT may do all,
// WRITE may not read. It says less than Vault; `cargo xtask vault` runs the same tests against the real one.
type vault struct {
	mutex    sync.Mutex
	values   map[string]json.RawMessage
	versions map[string]int
}

func newVault() *vault {
	return &vault{values: map[string]json.RawMessage{}, versions: map[string]int{}}
}

func (v *vault) ServeHTTP(to http.ResponseWriter, request *http.Request) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	to.Header().Set("Content-Type", "application/json")
	refuse := func(status int, why string) {
		to.WriteHeader(status)
		_ = json.NewEncoder(to).Encode(map[string][]string{"errors": {why}})
	}
	shown := request.Header.Get("X-Vault-Token")
	reads := request.Method == http.MethodGet
	if (shown != "ROOT" && (shown != "WRITE" || reads)) || request.Header.Get("X-Vault-Request") != "true" {
		refuse(http.StatusForbidden, "permission denied")
		return
	}
	path := strings.TrimPrefix(request.URL.Path, "/v1/")
	second := strings.HasPrefix(path, "secret/data/")
	if !second && !strings.HasPrefix(path, "kv/") {
		refuse(http.StatusNotFound, "no handler for route")
		return
	}
	switch request.Method {
	case http.MethodGet:
		data, there := v.values[path]
		if !there {
			refuse(http.StatusNotFound, "")
			return
		}
		if second {
			inner := map[string]any{"data": data, "metadata": map[string]any{"version": v.versions[path]}}
			data, _ = json.Marshal(inner)
		}
		_ = json.NewEncoder(to).Encode(map[string]json.RawMessage{"data": data})
	case http.MethodPut, http.MethodPost:
		var body map[string]json.RawMessage
		if json.NewDecoder(request.Body).Decode(&body) != nil || len(body) == 0 || (second && body["data"] == nil) {
			refuse(http.StatusBadRequest, "no data provided")
			return
		}
		v.versions[path]++
		if !second {
			v.values[path], _ = json.Marshal(body)
			to.WriteHeader(http.StatusNoContent)
			return
		}
		v.values[path] = body["data"]
		_ = json.NewEncoder(to).Encode(map[string]any{"data": map[string]any{"version": v.versions[path]}})
	default:
		refuse(http.StatusMethodNotAllowed, "unsupported operation")
	}
}
