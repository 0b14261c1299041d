package score_test

import (
	"fmt"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/score"
)

// pets are answers to four pictures of two classes; a row has a logit for each.
func pets(model string, logits ...float32) score.Predictions {
	set := &data.Set{
		Name: "pets", Classes: []string{"cat", "dog"},
		Inputs: data.Array{Shape: []int{1}, F32: make([]float32, 4)},
		Labels: data.Array{I32: []int32{0, 0, 1, 1}},
	}
	return score.Predictions{Model: model, Data: set, Units: 2, Values: logits}
}

func ExampleConfusion() {
	m := must.M1(score.Confusion(pets("cnn", 2, 0, 0, 1, 0, 3, 0, 2)))
	fmt.Println(m.Counts, m.Accuracy())
	truth, taken, n := m.Worst()
	fmt.Println(n, m.Classes[truth], "taken for", m.Classes[taken])
	// Output:
	// [[1 1] [0 2]] 0.75
	// 1 cat taken for dog
}

func ExampleMatrix_Report() {
	for _, c := range must.M1(score.Confusion(pets("cnn", 2, 0, 0, 1, 0, 3, 0, 2))).Report().Classes {
		fmt.Printf("%s: precision %.2f, recall %.2f\n", c.Class, c.Precision, c.Recall)
	}
	// Output:
	// cat: precision 1.00, recall 0.50
	// dog: precision 0.67, recall 1.00
}

// An ensemble is the mean of its members' probabilities.
func ExampleEnsemble() {
	a, b := pets("a", 2, 0, 0, 1, 0, 3, 0, 2), pets("b", 1, 0, 3, 0, 1, 0, 0, 1)
	both := must.M1(score.Ensemble("both", a, b))
	fmt.Println(a.Accuracy(), b.Accuracy(), both.Accuracy())
	// Output: 0.75 0.75 1
}

func ExampleMAE() {
	cars := &data.Set{Name: "cars", Inputs: data.Array{Shape: []int{1}, F32: []float32{1, 2}}, Labels: data.Array{F32: []float32{18, 30}}}
	answers := score.Predictions{Model: "line", Data: cars, Units: 1, Values: []float32{20, 29}}
	fmt.Println(must.M1(score.MAE(answers)), must.M1(score.MSE(answers)))
	// Output: 1.5 2.5
}
