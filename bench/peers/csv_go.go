// CSV with Go's encoding/csv, which uses one record again and again.
package main

import (
	"bufio"
	"encoding/csv"
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
	in := csv.NewReader(bufio.NewReaderSize(file, 256*1024))
	in.ReuseRecord = true
	in.FieldsPerRecord = -1
	rows, fields, fieldBytes := 0, 0, 0
	for {
		record, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		rows++
		fields += len(record)
		for _, field := range record {
			fieldBytes += len(field)
		}
	}
	fmt.Printf("rows=%d fields=%d field_bytes=%d\n", rows, fields, fieldBytes)
}
