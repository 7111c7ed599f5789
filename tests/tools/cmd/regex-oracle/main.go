// Command regex-oracle says what Go's package regexp, which reads the patterns of sops's rules, makes of
// patterns.
//
// It is asked as package batch says.
//
// A question is a list of fields, each the number of its bytes and the bytes. The first says what is asked:
//
//	match    pattern, subjects...   "e" if the pattern does not compile, else "y" or "n" for each subject
//	members  pattern                the code points that a pattern for one character matches: ranges, as
//	                                pairs of numbers, both ends included; nothing if it does not compile
//	folds    first, last            for every code point of the range that has them: the code points that
//	                                differ from it only by case, it included, as a line of hexadecimal numbers
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"regexp/syntax"
	"strconv"
	"unicode"

	"fieldseal.test/tools/cmd/internal/batch"
)

func main() {
	if err := batch.Serve(answer); err != nil {
		fmt.Fprintln(os.Stderr, "regex-oracle:", err)
		os.Exit(1)
	}
}

func answer(question []byte) ([]byte, error) {
	fields, err := batch.Split(question)
	if err != nil {
		return nil, err
	}
	switch {
	case len(fields) >= 2 && string(fields[0]) == "match":
		return match(string(fields[1]), fields[2:]), nil
	case len(fields) == 2 && string(fields[0]) == "members":
		return members(string(fields[1])), nil
	case len(fields) == 3 && string(fields[0]) == "folds":
		return folds(string(fields[1]), string(fields[2]))
	}
	return nil, errors.New("a question that is none")
}

func match(pattern string, subjects [][]byte) []byte {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return []byte("e")
	}
	answered := make([]byte, len(subjects))
	for i, subject := range subjects {
		answered[i] = 'n'
		if compiled.Match(subject) {
			answered[i] = 'y'
		}
	}
	return answered
}

func members(pattern string) []byte {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	var ranges []rune
	switch parsed.Op {
	case syntax.OpCharClass:
		ranges = parsed.Rune
	case syntax.OpAnyChar:
		ranges = []rune{0, unicode.MaxRune}
	case syntax.OpAnyCharNotNL:
		ranges = []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	case syntax.OpLiteral:
		ranges = []rune{parsed.Rune[0], parsed.Rune[0]}
	}
	var out bytes.Buffer
	for _, end := range ranges {
		_ = binary.Write(&out, binary.LittleEndian, end)
	}
	return out.Bytes()
}

func folds(first, last string) ([]byte, error) {
	from, err := strconv.ParseInt(first, 16, 32)
	if err != nil {
		return nil, err
	}
	to, err := strconv.ParseInt(last, 16, 32)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for code := rune(from); code <= rune(to); code++ {
		if unicode.SimpleFold(code) == code {
			continue
		}
		fmt.Fprintf(&out, "%X", code)
		for other := unicode.SimpleFold(code); other != code; other = unicode.SimpleFold(other) {
			fmt.Fprintf(&out, " %X", other)
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}
