package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// dumper writes nodes as lines.
type dumper struct {
	out      bytes.Buffer
	ordinals map[*yaml.Node]int
}

// number gives every node its place in the order of the text, over all documents, counted from zero.
func (d *dumper) number(node *yaml.Node) {
	d.ordinals[node] = len(d.ordinals)
	for _, child := range node.Content {
		d.number(child)
	}
}

// node writes a node and what is in it. A line is, with each part that does not apply left out:
//
//	DEPTH KIND STYLE TAG @LINE:COLUMN &ANCHOR *ORDINAL "VALUE" =TYPED head"..." line"..." foot"..."
//
// DEPTH is a number. KIND is document, map, list, scalar or alias. STYLE is of scalars plain, single, double,
// literal or folded, of collections block or flow. TAG is the short tag, or "other" if the library itself
// gives it no meaning. LINE and COLUMN, counted from one, are where the node begins, its properties
// included; they are given where a node has at least one character of its own and its beginning is no
// matter of taste: for scalars that are not empty, aliases and flow collections. ORDINAL is the node that an
// alias stands for. TYPED is what sops takes a scalar for.
func (d *dumper) node(node *yaml.Node, depth int) {
	fmt.Fprintf(&d.out, "%d %s", depth, kind(node))
	switch node.Kind {
	case yaml.ScalarNode, yaml.MappingNode, yaml.SequenceNode:
		fmt.Fprintf(&d.out, " %s %s", style(node), tag(node))
	}
	if hasPlace(node) {
		fmt.Fprintf(&d.out, " @%d:%d", node.Line, node.Column)
	}
	if node.Anchor != "" {
		fmt.Fprintf(&d.out, " &%s", node.Anchor)
	}
	switch node.Kind {
	case yaml.AliasNode:
		fmt.Fprintf(&d.out, " *%d", d.ordinals[node.Alias])
	case yaml.ScalarNode:
		fmt.Fprintf(&d.out, " %s =%s", quote(node.Value), typed(node))
	}
	d.comment("head", node.HeadComment)
	d.comment("line", node.LineComment)
	d.comment("foot", node.FootComment)
	d.out.WriteByte('\n')
	for _, child := range node.Content {
		d.node(child, depth+1)
	}
}

// comment writes a comment without its empty lines, which sops does not look at.
func (d *dumper) comment(name, text string) {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(&d.out, " %s%s", name, quote(strings.Join(lines, "\n")))
	}
}

func kind(node *yaml.Node) string {
	switch node.Kind {
	case yaml.DocumentNode:
		return "document"
	case yaml.MappingNode:
		return "map"
	case yaml.SequenceNode:
		return "list"
	case yaml.ScalarNode:
		return "scalar"
	case yaml.AliasNode:
		return "alias"
	}
	return "unknown"
}

func style(node *yaml.Node) string {
	style := node.Style &^ yaml.TaggedStyle
	switch {
	case style == yaml.FlowStyle:
		return "flow"
	case style == 0 && node.Kind != yaml.ScalarNode:
		return "block"
	case style == 0:
		return "plain"
	case style == yaml.SingleQuotedStyle:
		return "single"
	case style == yaml.DoubleQuotedStyle:
		return "double"
	case style == yaml.LiteralStyle:
		return "literal"
	case style == yaml.FoldedStyle:
		return "folded"
	}
	return "unknown"
}

func tag(node *yaml.Node) string {
	switch tag := node.ShortTag(); tag {
	case "!!null", "!!bool", "!!int", "!!float", "!!timestamp", "!!str", "!!binary", "!!merge", "!!map", "!!seq":
		return tag
	}
	return "other"
}

func hasPlace(node *yaml.Node) bool {
	switch node.Kind {
	case yaml.AliasNode:
		return true
	case yaml.ScalarNode:
		return node.Value != "" || node.Style&^yaml.TaggedStyle != 0
	}
	return node.Style&yaml.FlowStyle != 0
}

// typed is the value that sops gives to a scalar: it lets the library decode the node by itself, and takes it
// for null if that fails.
func typed(node *yaml.Node) string {
	var value interface{}
	if node.Decode(&value) != nil {
		value = nil
	}
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(value)
	case int:
		return fmt.Sprintf("int %d", value)
	case int64:
		return fmt.Sprintf("int %d", value)
	case uint64:
		return fmt.Sprintf("uint %d", value)
	case float64:
		if math.IsNaN(value) {
			return "float nan"
		}
		return fmt.Sprintf("float %016x", math.Float64bits(value))
	case time.Time:
		return "time " + value.Format(time.RFC3339Nano)
	case string:
		if value == node.Value {
			return "str"
		}
		return "str " + quote(value)
	}
	return fmt.Sprintf("unknown %T", value)
}

// quote writes text in double quotes, every byte but printable ASCII as \xHH.
func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&out, "\\x%02x", c)
		} else {
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
