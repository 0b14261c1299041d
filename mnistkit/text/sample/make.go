//go:build ignore

// Make writes the bundled sentences from movieReviewSnippets_GroundTruth.txt of the source package
// vaderSentiment 3.3.2 (additional_resources/hutto_ICWSM_2014.tar.gz):
//
//	go run ./sample/make.go PATH/movieReviewSnippets_GroundTruth.txt
//
// Kept are the sentences whose mean rating, -4 to 4, is at least half a point from zero.
package main

import (
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/janpfeifer/must"
)

func main() {
	out := must.M1(os.Create("sample/sentences.tsv.gz"))
	zip := must.M1(gzip.NewWriterLevel(out, gzip.BestCompression))
	for line := range strings.Lines(string(must.M1(os.ReadFile(os.Args[1])))) {
		fields := strings.SplitN(line, "\t", 3) // number, rating, sentence
		rating := must.M1(strconv.ParseFloat(fields[1], 64))
		label := 0
		if rating > 0 {
			label = 1
		}
		if math.Abs(rating) >= 0.5 {
			must.M1(fmt.Fprintf(zip, "%d\t%s\n", label, strings.TrimSpace(fields[2])))
		}
	}
	must.M(zip.Close())
	must.M(out.Close())
}
