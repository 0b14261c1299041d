//go:build ignore

// Make writes the bundled sentences from movieReviewSnippets_GroundTruth.txt of the source package
// vaderSentiment 3.3.2 (additional_resources/hutto_ICWSM_2014.tar.gz):
//
//	go run ./sample/make.go PATH/movieReviewSnippets_GroundTruth.txt
//
// Kept are the sentences whose mean rating, -4 to 4, is at least half a point from zero.
package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
)

func main() {
	in, err := os.Open(os.Args[1])
	check(err)
	out, err := os.Create("sample/sentences.tsv.gz")
	check(err)
	zip, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	check(err)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), "\t", 3) // number, rating, sentence
		rating, err := strconv.ParseFloat(fields[1], 64)
		check(err)
		switch {
		case rating >= 0.5:
			fmt.Fprintf(zip, "1\t%s\n", strings.TrimSpace(fields[2]))
		case rating <= -0.5:
			fmt.Fprintf(zip, "0\t%s\n", strings.TrimSpace(fields[2]))
		}
	}
	check(lines.Err())
	check(zip.Close())
	check(out.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
