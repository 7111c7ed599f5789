package main

import (
	"bytes"
	"errors"

	yamlv3 "go.yaml.in/yaml/v3"
)

// mostNodes is how many nodes a document may have when its aliases are expanded.
const mostNodes = 2_000_000

// checkAliases refuses what sops would not survive: it follows aliases without end, and no program can recover from
// that.
func checkAliases(text []byte) error {
	decoder := yamlv3.NewDecoder(bytes.NewReader(text))
	left := mostNodes
	for {
		var document yamlv3.Node
		if decoder.Decode(&document) != nil {
			return nil // sops will say what is wrong
		}
		if err := checkNode(&document, map[*yamlv3.Node]bool{}, &left); err != nil {
			return failure{"crash", err}
		}
	}
}

func checkNode(node *yamlv3.Node, open map[*yamlv3.Node]bool, left *int) error {
	*left--
	if *left < 0 {
		return errors.New("aliases expand to too much")
	}
	if node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	if open[node] {
		return errors.New("an alias within what it stands for")
	}
	open[node] = true
	defer delete(open, node)
	for _, child := range node.Content {
		if err := checkNode(child, open, left); err != nil {
			return err
		}
	}
	return nil
}
