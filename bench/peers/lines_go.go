// Lines in Go: ReadSlice of a bufio.Reader, which hands out views of its buffer.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	in := bufio.NewReaderSize(file, 256*1024)
	lines, longest, open := 0, 0, 0
	for {
		part, err := in.ReadSlice('\n')
		open += len(part)
		if err == bufio.ErrBufferFull {
			continue // a line longer than the buffer
		}
		if err == nil {
			open--
		} else if err != io.EOF {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		} else if open == 0 {
			break
		}
		lines++
		if open > longest {
			longest = open
		}
		open = 0
	}
	fmt.Printf("lines=%d longest=%d\n", lines, longest)
}
