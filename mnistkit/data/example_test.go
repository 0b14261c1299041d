package data_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/data"
)

// The validation set is drawn once, from the seed.
func ExampleRecipe_Holdout() {
	os.Setenv("MNISTKIT_DATA", "bundled") // the same sample on every machine
	defer os.Unsetenv("MNISTKIT_DATA")
	digits := data.MNIST().Holdout(0.15)
	train, validation := must.M1(digits.Train()), must.M1(digits.Validation())
	fmt.Println(train.Len(), validation.Len(), train.Inputs.Shape, train.Inputs.DType())
	fmt.Println(train.ID())
	// Output:
	// 850 150 [28 28 1] uint8
	// mnist/train:sample:holdout(0.15,seed 0)
}

// A set of your own is a struct of flat slices and a shape.
func ExampleSet() {
	points := &data.Set{
		Name:    "points",
		Classes: []string{"low", "high"},
		Inputs:  data.Array{Shape: []int{2}, F32: []float32{0, 1, 5, 6, 0, 2, 7, 7}},
		Labels:  data.Array{I32: []int32{0, 1, 0, 1}},
	}
	fmt.Println(points.Len(), points.Counts(), points.Check())
	fmt.Println(points.Select([]int32{1, 3}).Inputs.F32)
	// Output:
	// 4 [2 2] <nil>
	// [5 6 7 7]
}

// A stratified split gives each class its share.
func ExampleSplit_Divide() {
	labels := []int32{0, 0, 0, 0, 1, 1, 1, 1}
	train, held, err := data.Split{Kind: data.Stratified, Fraction: 0.25}.Divide(8, labels)
	counts := [2]int{}
	for _, i := range held {
		counts[labels[i]]++
	}
	fmt.Println(len(train), counts, err)
	// Output: 6 [1 1] <nil>
}

// Arrays go to NumPy and back; the first axis counts the examples.
func ExampleWriteNPZ() {
	dir := must.M1(os.MkdirTemp("", "npz-"))
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "mine.npz")
	must.M(data.WriteNPZ(file, map[string]data.Array{
		"x_train": {Shape: []int{2}, F32: []float32{1, 2, 3, 4, 5, 6}},
	}))
	x := must.M1(data.ReadNPZ(file))["x_train"]
	fmt.Println(x.Len(), x.Shape, x.At(2))
	// Output: 3 [2] [5 6]
}
