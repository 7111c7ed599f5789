// Package batch is how the oracles are asked: in batches, through standard input and output.
//
// All numbers are 32 bits, little end first. A batch is the number of its questions, then for each the
// number of its bytes and the bytes. The answer to a batch is, for each question, the number of bytes of its
// answer and the answer; the whole batch is read before the first answer is written. A question or an answer
// may itself be a list of fields, each the number of its bytes and the bytes.
package batch

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
)

// Serve answers batches until the input ends. An error of answer ends it at once.
func Serve(answer func(question []byte) ([]byte, error)) error {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	for {
		questions, err := read(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, question := range questions {
			answered, err := answer(question)
			if err != nil {
				return err
			}
			if _, err := out.Write(Join(answered)); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// Split gives the fields of a question.
func Split(question []byte) ([][]byte, error) {
	var fields [][]byte
	for in := bytes.NewReader(question); in.Len() > 0; {
		field, err := readField(in)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// Join makes an answer of fields.
func Join(fields ...[]byte) []byte {
	var joined []byte
	for _, field := range fields {
		joined = binary.LittleEndian.AppendUint32(joined, uint32(len(field)))
		joined = append(joined, field...)
	}
	return joined
}

// read reads one batch; io.EOF if there is none.
func read(in io.Reader) ([][]byte, error) {
	var count uint32
	if err := binary.Read(in, binary.LittleEndian, &count); err != nil {
		return nil, err
	}
	questions := make([][]byte, count)
	for i := range questions {
		question, err := readField(in)
		if err != nil {
			return nil, err
		}
		questions[i] = question
	}
	return questions, nil
}

func readField(in io.Reader) ([]byte, error) {
	var size uint32
	if err := binary.Read(in, binary.LittleEndian, &size); err != nil {
		return nil, unexpected(err)
	}
	text := make([]byte, size)
	_, err := io.ReadFull(in, text)
	return text, unexpected(err)
}

// unexpected is for an input that ends in the midst of something.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
