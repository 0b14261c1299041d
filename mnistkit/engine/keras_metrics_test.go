package engine

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
)

// TestKerasBinaryMetrics holds the metrics that are no means of their
// examples against Keras', batch by batch.
func TestKerasBinaryMetrics(t *testing.T) {
	var file struct {
		Metrics []struct {
			Name, Metric string
			Batches      []struct {
				Labels  []int32
				Outputs []float32
				SoFar   float64 `json:"so_far"`
			}
		}
	}
	fixture(t, "metrics.json", &file)
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Metrics {
			t.Run(c.Name, func(t *testing.T) {
				sums, seen := map[string]float64{}, 0
				for _, batch := range c.Batches {
					n := len(batch.Labels)
					labels := tensors.FromFlatDataAndDimensions(batch.Labels, n)
					out := tensors.FromFlatDataAndDimensions(batch.Outputs, n, 1)
					results, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
						m := perExampleMetric(c.Metric, session.BinaryCrossentropy, in[0], in[1])
						return []*graph.Node{graph.ReduceSum(graph.Reshape(m, n, -1), 0)}
					}, out, labels)
					if err != nil {
						t.Fatal(err)
					}
					for i, v := range flat(t, results[0]) {
						sums[session.SumsOf(c.Metric)[i]] += float64(v)
					}
					seen += n
					nearOne(t, "so far", session.Reduce(sums, seen)[c.Metric], batch.SoFar, 1e-6)
				}
			})
		}
	})
}

// noisy are n points on a line of which the sign tells the class, mostly.
func noisy(n int) *data.Set {
	s := &data.Set{Name: "noisy", Inputs: data.Array{Shape: []int{1}}, Labels: data.Array{Shape: []int{}}}
	for i := range n {
		x := float32((i*37)%101)/50 - 1
		class := int32(0)
		if x+float32((i*53)%97)/97-0.5 > 0 {
			class = 1
		}
		s.Inputs.F32, s.Labels.I32 = append(s.Inputs.F32, x), append(s.Labels.I32, class)
	}
	return s
}

// TestBinaryMetrics trains with them: the weights are those of a training
// without, and an evaluation, whose last batch is filled up, agrees with what
// the predictions say.
func TestBinaryMetrics(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		set := noisy(333)
		config := session.Recipe{Model: layer.Stack{layer.Dense(4).Tanh(), layer.Dense(1)}, Input: []int{1}, InputType: "float32",
			Loss: session.BinaryCrossentropy, Optimizer: session.Adam(0.01), BatchSize: 32, Seed: 3}
		var weights []map[string][]float32
		for _, metrics := range [][]string{{"accuracy"}, {"binary_accuracy", "auc", "accuracy", "precision", "recall"}} {
			config.Metrics = metrics
			e := opened(t, b, config)
			put(t, e, "train", set)
			var p session.Partial
			for number := range 5 { // until the answers are spread over the thresholds
				p = train(t, e, session.Epoch{Number: number + 1, Order: firstIndices(333), LearningRate: 0.05})
			}
			if len(p.Means()) != len(metrics)+1 {
				t.Errorf("means %v of %v", p.Means(), metrics)
			}
			weights = append(weights, weightsOf(t, e))
			if len(metrics) == 1 {
				continue
			}
			got := evaluated(t, e, "train", nil)
			values, err := e.Predict(t.Context(), "train")
			if err != nil {
				t.Fatal(err)
			}
			answers := score.Predictions{Model: "m", Data: set, Units: 1, Values: values.F32}
			m, err := score.Confusion(answers)
			if err != nil {
				t.Fatal(err)
			}
			one := m.Report().Classes[1]
			curve, err := score.ROC(answers)
			if err != nil {
				t.Fatal(err)
			}
			nearOne(t, "accuracy", got["accuracy"], answers.Accuracy(), 1e-6)
			nearOne(t, "binary_accuracy", got["binary_accuracy"], answers.Accuracy(), 1e-6)
			nearOne(t, "precision", got["precision"], one.Precision, 1e-6)
			nearOne(t, "recall", got["recall"], one.Recall, 1e-6)
			nearOne(t, "auc", got["auc"], curve.AUC, 0.01) // of 200 thresholds
			if got["auc"] == 0 || math.IsNaN(got["auc"]) || len(got) != 6 {
				t.Errorf("evaluation %v", got)
			}
		}
		for name, w := range weights[0] {
			near(t, name, weights[1][name], w, 0)
		}
	})
}
