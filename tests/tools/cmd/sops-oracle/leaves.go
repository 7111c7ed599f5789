package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/getsops/sops/v3"
)

// A leaf is a value, a comment or an empty collection of a document, in the order of sops's walk.
type leaf struct {
	// where is the number of the document and the way to the leaf: keys as .key, with everything but letters,
	// digits and _ as \x and two digits; elements of lists as [0], comments not counted. A comment has the way to its
	// collection and #, in a list []#.
	where string
	// what is one of null, int, float (its bits), bool, time, str, comment, map and list (both empty), other (which
	// sops cannot encrypt).
	what string
	// value is the value in ASCII; strings and comments as keys are.
	value string
	// token says whether the value is encrypted.
	token bool
}

// lines puts each leaf into a line: * if other holds it encrypted, or holds it clear while it is encrypted itself,
// and - otherwise; then where it is and what it is. An element of a list may be a comment in one and a string in
// the other.
func lines(leaves, other []leaf) []byte {
	var out bytes.Buffer
	for i, leaf := range leaves {
		mark := "-"
		if i < len(other) && len(leaves) == len(other) && other[i].token && !leaf.token {
			mark = "*"
		}
		fmt.Fprintf(&out, "%s %s %s %s\n", mark, leaf.where, leaf.what, leaf.value)
	}
	return out.Bytes()
}

func leavesOf(branches sops.TreeBranches) []leaf {
	var found []leaf
	for number, branch := range branches {
		walkBranch(branch, fmt.Sprint(number), &found)
	}
	return found
}

func walkBranch(branch sops.TreeBranch, where string, found *[]leaf) {
	for _, item := range branch {
		if comment, ok := item.Key.(sops.Comment); ok {
			*found = append(*found, commentLeaf(comment, where))
			continue
		}
		walkValue(item.Value, where+"."+escape(fmt.Sprint(item.Key)), found)
	}
}

func walkValue(value interface{}, where string, found *[]leaf) {
	add := func(what, text string) { *found = append(*found, leaf{where: where, what: what, value: text}) }
	switch value := value.(type) {
	case nil:
		add("null", "")
	case int:
		add("int", fmt.Sprint(value))
	case float64:
		if math.IsNaN(value) {
			value = math.NaN()
		}
		add("float", fmt.Sprintf("%016x", math.Float64bits(value)))
	case bool:
		add("bool", fmt.Sprint(value))
	case time.Time:
		add("time", value.Format(time.RFC3339Nano))
	case string:
		text := leaf{where: where, what: "str", value: escape(value), token: isToken(value)}
		*found = append(*found, text)
	case sops.Comment:
		*found = append(*found, commentLeaf(value, where))
	case sops.TreeBranch:
		if len(value) == 0 {
			add("map", "")
		}
		walkBranch(value, where, found)
	case []interface{}:
		if len(value) == 0 {
			add("list", "")
		}
		count := 0
		for _, element := range value {
			if comment, ok := element.(sops.Comment); ok {
				*found = append(*found, commentLeaf(comment, where+"[]"))
				continue
			}
			walkValue(element, fmt.Sprintf("%s[%d]", where, count), found)
			count++
		}
	default:
		add("other", fmt.Sprintf("%T", value))
	}
}

func commentLeaf(comment sops.Comment, where string) leaf {
	return leaf{where: where + "#", what: "comment", value: escape(comment.Value), token: isToken(comment.Value)}
}

func isToken(text string) bool {
	return strings.HasPrefix(text, "ENC[AES256_GCM,data:")
}

func escape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, `\x%02x`, c)
		}
	}
	return out.String()
}
