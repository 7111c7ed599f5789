// A Vault that holds everything in memory: its core and its HTTP interface, with the key-value engine in version 2 at
// secret/ and in version 1 at kv/.
//
// It prints what the small server of `clouds` prints: its address, a token that may do all, and one that may only write.
// It ends when its standard input does.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

const writer = `path "secret/data/*" { capabilities = ["create", "update"] } path "kv/*" { capabilities = ["create", "update"] }`

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func serve() error {
	ctx := context.Background()
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		Logger:          logger,
		DisableMlock:    true,
		BuiltinRegistry: engines{},
		LogicalBackends: map[string]logical.Factory{"kv": kv.Factory},
	})
	if err != nil {
		return err
	}
	one := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	initial, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: one, RecoveryConfig: one})
	if err != nil {
		return err
	}
	if open, err := core.Unseal(initial.SecretShares[0]); err != nil || !open {
		return errors.Join(errors.New("it stays sealed"), err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{},
	})
	go func() { log.Fatal(http.Serve(listener, handler)) }()

	address := "http://" + listener.Addr().String()
	ask := func(path string, body any) (map[string]any, error) {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		request, err := http.NewRequest(http.MethodPut, address+"/v1/"+path, bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Vault-Token", initial.RootToken)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode >= 300 {
			said, _ := io.ReadAll(answer.Body)
			return nil, fmt.Errorf("%s: %s %s", path, answer.Status, said)
		}
		var said map[string]any
		_ = json.NewDecoder(answer.Body).Decode(&said)
		return said, nil
	}
	for path, body := range map[string]any{
		"sys/mounts/secret":       map[string]any{"type": "kv", "options": map[string]string{"version": "2"}},
		"sys/mounts/kv":           map[string]any{"type": "kv", "options": map[string]string{"version": "1"}},
		"sys/policies/acl/writer": map[string]any{"policy": writer},
	} {
		if _, err := ask(path, body); err != nil {
			return err
		}
	}
	said, err := ask("auth/token/create", map[string]any{"policies": []string{"writer"}})
	if err != nil {
		return err
	}
	token := said["auth"].(map[string]any)["client_token"]
	fmt.Printf("vault %s\nroot %s\nwriter %s\n\n", address, initial.RootToken, token)
	return nil
}

// engines are what is built in: the key-value engine.
type engines struct{}

func (engines) Contains(name string, kind consts.PluginType) bool {
	return name == "kv" && kind == consts.PluginTypeSecrets
}

func (e engines) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	return func() (interface{}, error) { return logical.Factory(kv.Factory), nil }, e.Contains(name, kind)
}

func (engines) Keys(kind consts.PluginType) []string {
	if kind == consts.PluginTypeSecrets {
		return []string{"kv"}
	}
	return nil
}

func (engines) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (engines) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
