package main

import (
	"encoding/json"
	"fmt"

	"github.com/getsops/sops/v3"
	sopsjson "github.com/getsops/sops/v3/stores/json"
)

// convert reads a clear text and prints it in another format, as decrypt --output-type does.
func convert(from sops.Store, text []byte, format string) ([][]byte, error) {
	to, err := store(format)
	if err != nil {
		return nil, err
	}
	branches, err := load(from, text)
	if err != nil {
		return nil, err
	}
	emitted, err := to.EmitPlainFile(branches)
	if err != nil {
		return nil, failure{"emit", err}
	}
	return [][]byte{nil, emitted}, nil
}

// extract prints the value at a path, as decrypt --extract does.
func extract(from sops.Store, text []byte, format string, path []interface{}) ([][]byte, error) {
	to, err := store(format)
	if err != nil {
		return nil, err
	}
	branches, err := load(from, text)
	if err != nil {
		return nil, err
	}
	value, err := branches[0].Truncate(path)
	if err != nil {
		return nil, failure{"path", err}
	}
	var emitted []byte
	switch value := value.(type) {
	case sops.TreeBranch:
		branches[0] = value
		emitted, err = to.EmitPlainFile(branches)
	case string:
		emitted = []byte(value)
	default:
		emitted, err = to.EmitValue(value)
	}
	if err != nil {
		return nil, failure{"emit", err}
	}
	return [][]byte{nil, emitted}, nil
}

// set puts a JSON value into a clear text, as the command set does, but integers stay integers and lists are
// values, too.
func set(in sops.Store, text []byte, path []interface{}, value []byte) ([][]byte, error) {
	branches, err := load(in, text)
	if err != nil {
		return nil, err
	}
	wrapped, err := (&sopsjson.Store{}).LoadPlainFile([]byte(fmt.Sprintf("{\"v\": %s}", value)))
	if err != nil {
		return nil, failure{"value", err}
	}
	branches[0], _ = branches[0].Set(path, wrapped[0][0].Value)
	return changed(in, branches)
}

// unset removes what is at a path of a clear text, as the command unset does.
func unset(in sops.Store, text []byte, path []interface{}) ([][]byte, error) {
	branches, err := load(in, text)
	if err != nil {
		return nil, err
	}
	branches[0], err = branches[0].Unset(path)
	if err != nil {
		return nil, failure{"path", err}
	}
	return changed(in, branches)
}

// changed tells the leaves of a tree, and the text that sops prints for it.
func changed(in sops.Store, branches sops.TreeBranches) ([][]byte, error) {
	emitted, err := in.EmitPlainFile(branches)
	if err != nil {
		return nil, failure{"emit", err}
	}
	return [][]byte{lines(leavesOf(branches), nil), emitted}, nil
}

// steps reads a path: a JSON list of keys and numbers.
func steps(text []byte) ([]interface{}, error) {
	var path []interface{}
	if err := json.Unmarshal(text, &path); err != nil {
		return nil, err
	}
	for i, step := range path {
		if number, ok := step.(float64); ok {
			path[i] = int(number)
		}
	}
	return path, nil
}
