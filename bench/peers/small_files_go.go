// Small files in Go: 64 goroutines, each of which takes the next file when it is done with one.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
)

func main() {
	count, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var next, bytes int64
	var all sync.WaitGroup
	for worker := 0; worker < 64; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := atomic.AddInt64(&next, 1) - 1; i < count; i = atomic.AddInt64(&next, 1) - 1 {
				text, err := os.ReadFile(filepath.Join(os.Args[1], fmt.Sprintf("%05d", i)))
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(2)
				}
				atomic.AddInt64(&bytes, int64(len(text)))
			}
		}()
	}
	all.Wait()
	fmt.Printf("files=%d bytes=%d\n", count, bytes)
}
