// Command config-oracle says what sops makes of configurations (.sops.yaml), with sops's own loader.
//
// It is asked as package batch says.
//
// A question is a list of fields, each the number of its bytes and the bytes: "creation", "destination" or
// "stores", the text of the configuration, and, but for "stores", the path of a file: relative to the folder of
// the configuration, or absolute. The answer is JSON: what the file gets, null if there are no rules,
// {"error": ...} if sops refuses.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fieldseal.test/tools/cmd/internal/batch"
	"github.com/getsops/sops/v3/config"
)

func main() {
	folder, err := os.MkdirTemp("", "config-oracle-")
	if err == nil {
		err = batch.Serve(func(question []byte) ([]byte, error) { return answer(folder, question) })
		_ = os.RemoveAll(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "config-oracle:", err)
		os.Exit(1)
	}
}

type key struct {
	Service string `json:"service"`
	Name    string `json:"name"`
}

func answer(folder string, question []byte) ([]byte, error) {
	fields, err := batch.Split(question)
	if err != nil {
		return nil, err
	}
	if len(fields) < 2 {
		return nil, errors.New("a question that is none")
	}
	path := filepath.Join(folder, ".sops.yaml")
	if err := os.WriteFile(path, fields[1], 0o600); err != nil {
		return nil, err
	}
	told, err := load(path, fields)
	if err != nil {
		told = map[string]string{"error": err.Error()}
	}
	return json.Marshal(told)
}

// load asks sops. A crash of it counts as an error.
func load(path string, fields [][]byte) (told any, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("crash: %v", crash)
		}
	}()
	if string(fields[0]) == "stores" {
		stores, err := config.LoadStoresConfig(path)
		if err != nil {
			return nil, err
		}
		return map[string]int{
			"yaml":        stores.YAML.Indent,
			"json":        stores.JSON.Indent,
			"json_binary": stores.JSONBinary.Indent,
		}, nil
	}
	file := string(fields[2])
	if string(fields[0]) == "destination" {
		loaded, err := config.LoadDestinationRuleForFile(path, file, nil)
		if err != nil {
			return nil, err
		}
		told := rule(loaded)
		told["omit_extensions"] = loaded.OmitExtensions
		told["destination"] = nil
		if loaded.Destination != nil {
			told["destination"] = loaded.Destination.Path("FILE")
		}
		return told, nil
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(path), file)
	}
	loaded, err := config.LoadCreationRuleForFile(path, file, nil)
	if loaded == nil || err != nil {
		return nil, err
	}
	return rule(loaded), nil
}

func rule(loaded *config.Config) map[string]any {
	groups := [][]key{}
	for _, group := range loaded.KeyGroups {
		keys := []key{}
		for _, master := range group {
			keys = append(keys, key{master.TypeToIdentifier(), master.ToString()})
		}
		groups = append(groups, keys)
	}
	return map[string]any{
		"groups":                    groups,
		"shamir_threshold":          loaded.ShamirThreshold,
		"unencrypted_suffix":        loaded.UnencryptedSuffix,
		"encrypted_suffix":          loaded.EncryptedSuffix,
		"unencrypted_regex":         loaded.UnencryptedRegex,
		"encrypted_regex":           loaded.EncryptedRegex,
		"unencrypted_comment_regex": loaded.UnencryptedCommentRegex,
		"encrypted_comment_regex":   loaded.EncryptedCommentRegex,
		"mac_only_encrypted":        loaded.MACOnlyEncrypted,
	}
}
