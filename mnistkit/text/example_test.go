package text_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/pipeline"
	"gonblabs/mnistkit/text"
)

// Lines of a label, a tab and a text become data for the network of lab 3.
func Example() {
	dir := must.M1(os.MkdirTemp("", "lines-"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mine.tsv")
	must.M(os.WriteFile(path, []byte("good\tA fine film!\nbad\tNot a film, a fine mess.\n"), 0o644))

	classes := []string{"bad", "good"}
	var texts []string
	var labels []int32
	for _, line := range must.M1(pipeline.Collect(pipeline.Lines(path))) {
		label, words, _ := strings.Cut(line, "\t")
		texts = append(texts, words)
		labels = append(labels, map[string]int32{"bad": 0, "good": 1}[label])
	}
	words := must.M1(text.NewVocabulary(10_000, texts...))
	var rows [][]int32
	for _, t := range texts {
		rows = append(rows, words.Encode(t))
	}
	train := &kit.Set{Name: "mine/train", Classes: classes,
		Inputs: must.M1(text.Pad(rows, 6, text.Post, text.Pre)), Labels: data.Array{I32: labels}}

	run := kit.Run{Name: "mine/embedding", Data: kit.Sets{TrainSet: train}, Model: layer.Stack{
		layer.Embedding(words.Len(), 16).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(1)}}
	for i := range train.Len() {
		row := train.Inputs.I32[6*i : 6*i+6]
		fmt.Println(classes[train.Labels.I32[i]], row, words.Decode(row))
	}
	fmt.Println(must.M1(run.Summary()).Counts.Total, "parameters")
	// Output:
	// good [2 3 4 0 0 0] a fine film
	// bad [5 2 4 2 3 6] not a film a fine mess
	// 129 parameters
}
