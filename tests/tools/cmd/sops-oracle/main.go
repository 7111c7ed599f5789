// Command sops-oracle encrypts, decrypts and reads documents with sops's own packages: its stores, its cipher and
// its walk, as the commands of sops put them together.
//
// It is asked as package batch says. A question is a list of fields, an answer too:
//
//	plain  format, text
//	seal   format, text, settings, data key
//	open   format, text, data key
//	convert  format, text, other format
//	extract  format, text, path, other format
//	set      format, text, path, JSON value
//	unset    format, text, path
//
// A path is a JSON list.
//
// Settings are JSON, see [settings]. The answer begins with "ok" or with the step that failed ("load", "encrypt",
// "emit", "decrypt", "mac", "path", "value", "crash"). After "ok" come the leaves, one in a line (see package file
// leaves.go; nothing for "convert" and "extract"), and a text: for "seal", the encrypted one, for "open", the one that
// sops decrypts to, or nothing if it cannot write it, for the others, what sops prints; after a step comes the message
// of sops.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"fieldseal.test/tools/cmd/internal/batch"
	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/age"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/logging"
	"github.com/getsops/sops/v3/stores/dotenv"
	"github.com/getsops/sops/v3/stores/ini"
	sopsjson "github.com/getsops/sops/v3/stores/json"
	"github.com/getsops/sops/v3/stores/yaml"
	"github.com/getsops/sops/v3/version"
)

func main() {
	for _, logger := range logging.Loggers {
		logger.SetOutput(silence{})
	}
	if err := batch.Serve(answer); err != nil {
		fmt.Fprintln(os.Stderr, "sops-oracle:", err)
		os.Exit(1)
	}
}

// silence swallows the warnings of sops.
type silence struct{}

func (silence) Write(text []byte) (int, error) { return len(text), nil }

// settings are what a file says about its encryption.
type settings struct {
	// Rule is the name of the setting that selects values, Text its value; both are empty for none.
	Rule string `json:"rule"`
	Text string `json:"text"`
	// MACOnlyEncrypted leaves clear values out of the MAC.
	MACOnlyEncrypted bool `json:"mac_only_encrypted"`
	// Recipient is whom the data key is encrypted to, Enc the encrypted data key.
	Recipient string `json:"recipient"`
	Enc       string `json:"enc"`
}

// failure is a step that failed.
type failure struct {
	step string
	err  error
}

func (f failure) Error() string { return f.err.Error() }

func answer(question []byte) ([]byte, error) {
	fields, err := batch.Split(question)
	if err != nil {
		return nil, err
	}
	if len(fields) < 3 {
		return nil, errors.New("a question that is none")
	}
	told, err := work(string(fields[0]), string(fields[1]), fields[2], fields[3:])
	var failed failure
	if errors.As(err, &failed) {
		return batch.Join([]byte(failed.step), []byte(failed.Error())), nil
	}
	if err != nil {
		return nil, err
	}
	return batch.Join(append([][]byte{[]byte("ok")}, told...)...), nil
}

// work does what is asked. A crash of sops is a step that failed.
func work(asked, format string, text []byte, more [][]byte) (told [][]byte, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = failure{"crash", fmt.Errorf("%v", crash)}
		}
	}()
	store, err := store(format)
	if err != nil {
		return nil, err
	}
	if format == "yaml" {
		if err := checkAliases(text); err != nil {
			return nil, err
		}
	}
	switch {
	case asked == "plain" && len(more) == 0:
		return plain(store, text)
	case asked == "seal" && len(more) == 2:
		var wanted settings
		if err := json.Unmarshal(more[0], &wanted); err != nil {
			return nil, err
		}
		return seal(store, text, wanted, more[1])
	case asked == "open" && len(more) == 1:
		return open(store, text, more[0])
	case asked == "convert" && len(more) == 1:
		return convert(store, text, string(more[0]))
	case (asked == "extract" || asked == "set") && len(more) == 2, asked == "unset" && len(more) == 1:
		path, err := steps(more[0])
		if err != nil {
			return nil, err
		}
		switch asked {
		case "extract":
			return extract(store, text, string(more[1]), path)
		case "set":
			return set(store, text, path, more[1])
		default:
			return unset(store, text, path)
		}
	}
	return nil, errors.New("a question that is none")
}

func store(format string) (sops.Store, error) {
	stores := config.NewStoresConfig()
	switch format {
	case "yaml":
		return yaml.NewStore(&stores.YAML), nil
	case "json":
		return sopsjson.NewStore(&stores.JSON), nil
	case "binary":
		return sopsjson.NewBinaryStore(&stores.JSONBinary), nil
	case "dotenv":
		return dotenv.NewStore(&stores.Dotenv), nil
	case "ini":
		return ini.NewStore(&stores.INI), nil
	}
	return nil, fmt.Errorf("no format is called %q", format)
}

func plain(store sops.Store, text []byte) ([][]byte, error) {
	branches, err := load(store, text)
	if err != nil {
		return nil, err
	}
	return [][]byte{lines(leavesOf(branches), nil)}, nil
}

// load reads a clear text as the command encrypt does.
func load(store sops.Store, text []byte) (sops.TreeBranches, error) {
	branches, err := store.LoadPlainFile(text)
	if err != nil {
		return nil, failure{"load", err}
	}
	if len(branches) < 1 {
		return nil, failure{"load", errors.New("no document")}
	}
	if store.HasSopsTopLevelKey(branches[0]) {
		return nil, failure{"load", errors.New("encrypted already")}
	}
	return branches, nil
}

func seal(store sops.Store, text []byte, wanted settings, key []byte) ([][]byte, error) {
	branches, err := load(store, text)
	if err != nil {
		return nil, err
	}
	tree := sops.Tree{Branches: branches, Metadata: sops.Metadata{
		KeyGroups:        []sops.KeyGroup{{&age.MasterKey{Recipient: wanted.Recipient, EncryptedKey: wanted.Enc}}},
		MACOnlyEncrypted: wanted.MACOnlyEncrypted,
		Version:          version.Version,
	}}
	rules := map[string]*string{
		"unencrypted_suffix":        &tree.Metadata.UnencryptedSuffix,
		"encrypted_suffix":          &tree.Metadata.EncryptedSuffix,
		"unencrypted_regex":         &tree.Metadata.UnencryptedRegex,
		"encrypted_regex":           &tree.Metadata.EncryptedRegex,
		"unencrypted_comment_regex": &tree.Metadata.UnencryptedCommentRegex,
		"encrypted_comment_regex":   &tree.Metadata.EncryptedCommentRegex,
	}
	if rule := rules[wanted.Rule]; rule != nil {
		*rule = wanted.Text
	}
	before := leavesOf(tree.Branches)
	cipher := aes.NewCipher()
	mac, err := tree.Encrypt(key, cipher)
	if err != nil {
		return nil, failure{"encrypt", err}
	}
	told := lines(before, leavesOf(tree.Branches))
	tree.Metadata.LastModified = time.Now().UTC()
	tree.Metadata.MessageAuthenticationCode, err = cipher.Encrypt(mac, key, tree.Metadata.LastModified.Format(time.RFC3339))
	if err != nil {
		return nil, failure{"encrypt", err}
	}
	sealed, err := store.EmitEncryptedFile(tree)
	if err != nil {
		return nil, failure{"emit", err}
	}
	return [][]byte{told, sealed}, nil
}

func open(store sops.Store, text []byte, key []byte) ([][]byte, error) {
	tree, err := store.LoadEncryptedFile(text)
	if err != nil {
		return nil, failure{"load", err}
	}
	sealed := leavesOf(tree.Branches)
	cipher := aes.NewCipher()
	computed, err := tree.Decrypt(key, cipher)
	if err != nil {
		return nil, failure{"decrypt", err}
	}
	mac, err := cipher.Decrypt(tree.Metadata.MessageAuthenticationCode, key, tree.Metadata.LastModified.Format(time.RFC3339))
	if err != nil {
		return nil, failure{"mac", err}
	}
	if mac != computed || computed == "" {
		return nil, failure{"mac", errors.New("mismatch")}
	}
	emitted, err := store.EmitPlainFile(tree.Branches)
	if err != nil {
		emitted = nil
	}
	return [][]byte{lines(leavesOf(tree.Branches), sealed), emitted}, nil
}
