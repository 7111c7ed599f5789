// Command yaml-oracle says what go.yaml.in/yaml/v3, the YAML library inside sops, makes of texts.
//
// It reads batches from standard input and answers them in order on standard output until the input
// ends. All numbers are 32 bits, little end first. A batch is the number of its texts, then for each the
// number of its bytes and the bytes. The answer to a batch is, for each text, the number of bytes of its
// report and the report; the whole batch is read before the first report is written.
//
// A report is lines of text. The first is "error" if the library refuses any document of the text, "panic"
// if it crashes over it, else "ok"; the other lines follow only after "ok". The second says whether the first
// document decodes into a map with strings as keys, as sops asks for before anything else: "loads yes",
// "loads no", or "loads empty" where there is no document. Then comes one line for every node of every
// document, see [dumper.node].
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	for {
		texts, err := readBatch(in)
		if err == io.EOF {
			return
		}
		if err == nil {
			err = answer(out, texts)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "yaml-oracle:", err)
			os.Exit(1)
		}
	}
}

// readBatch reads one batch; io.EOF if there is none.
func readBatch(in io.Reader) ([][]byte, error) {
	var count uint32
	if err := binary.Read(in, binary.LittleEndian, &count); err != nil {
		return nil, err
	}
	texts := make([][]byte, count)
	for i := range texts {
		var size uint32
		if err := binary.Read(in, binary.LittleEndian, &size); err != nil {
			return nil, noEOF(err)
		}
		texts[i] = make([]byte, size)
		if _, err := io.ReadFull(in, texts[i]); err != nil {
			return nil, noEOF(err)
		}
	}
	return texts, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func answer(out *bufio.Writer, texts [][]byte) error {
	for _, text := range texts {
		told := report(text)
		if err := binary.Write(out, binary.LittleEndian, uint32(len(told))); err != nil {
			return err
		}
		if _, err := out.Write(told); err != nil {
			return err
		}
	}
	return out.Flush()
}

// report says what the library makes of one text.
func report(text []byte) (told []byte) {
	defer func() {
		if recover() != nil {
			told = []byte("panic\n")
		}
	}()
	documents, err := parse(text)
	if err != nil {
		return []byte("error\n")
	}
	dump := dumper{ordinals: map[*yaml.Node]int{}}
	fmt.Fprintf(&dump.out, "ok\nloads %s\n", loads(text))
	for _, document := range documents {
		dump.number(document)
	}
	for _, document := range documents {
		dump.node(document, 0)
	}
	return dump.out.Bytes()
}

// parse reads all documents of a text, through a reader as sops does.
func parse(text []byte) ([]*yaml.Node, error) {
	var documents []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		document := new(yaml.Node)
		err := decoder.Decode(document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// loads says what becomes of the first document when it is decoded into a map.
func loads(text []byte) string {
	if len(text) == 0 {
		return "empty"
	}
	err := yaml.NewDecoder(bytes.NewReader(text)).Decode(make(map[string]interface{}))
	switch {
	case errors.Is(err, io.EOF):
		return "empty"
	case err != nil:
		return "no"
	}
	return "yes"
}
