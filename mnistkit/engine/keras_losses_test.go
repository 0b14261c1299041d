package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/session"
)

// samples are labels and outputs of a batch in a fixture.
type samples struct {
	Labels  []float32 `json:"y_true"`
	Outputs []float32 `json:"y_pred"`
	Shape   []int     `json:"y_pred_shape"`
	Weights []float32 `json:"sample_weight"`
}

// lossNames are the short names of the fixtures.
var lossNames = map[string]session.Loss{"mse": session.MeanSquaredError, "mae": session.MeanAbsoluteError}

func lossOf(name string) session.Loss {
	if l, ok := lossNames[name]; ok {
		return l
	}
	return session.Loss(name)
}

// tensors are the outputs [b units], labels [b] and weights [b]. A regression
// of two values an example becomes one of twice the examples, with the same
// mean: the engine's models end in one value.
func (s samples) tensors(loss session.Loss) (out, labels, weights *tensors.Tensor) {
	w := s.Weights
	for i := 0; w == nil && i < s.Shape[0]; i++ {
		s.Weights = append(s.Weights, 1)
	}
	units := s.Shape[1]
	if loss != session.SparseCategoricalCrossentropy {
		units = 1
	}
	w = nil
	for i := range len(s.Outputs) / units {
		w = append(w, s.Weights[i*units/s.Shape[1]])
	}
	labels = tensors.FromFlatDataAndDimensions(s.Labels, len(s.Labels))
	if loss.Classifies() {
		classes := make([]int32, len(s.Labels))
		for i, y := range s.Labels {
			classes[i] = int32(y)
		}
		labels = tensors.FromFlatDataAndDimensions(classes, len(classes))
	}
	return tensors.FromFlatDataAndDimensions(s.Outputs, len(w), units), labels, tensors.FromFlatDataAndDimensions(w, len(w))
}

// TestKerasLosses holds each loss and its gradient against Keras'.
func TestKerasLosses(t *testing.T) {
	var file struct {
		Losses []struct {
			samples
			Name, Loss     string
			LabelSmoothing float64 `json:"label_smoothing"`
			Value          float32
			Gradient       []float32
		}
	}
	fixture(t, "losses.json", &file)
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Losses {
			t.Run(c.Name, func(t *testing.T) {
				loss := lossOf(c.Loss)
				out, labels, weights := c.tensors(loss)
				results, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
					value := graph.ReduceAllMean(graph.Mul(perExample(loss, c.LabelSmoothing, in[0], in[1]), in[2]))
					return []*graph.Node{value, graph.Gradient(value, in[0])[0]}
				}, out, labels, weights)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "loss", flat(t, results[0]), []float32{c.Value}, 1e-5)
				near(t, "gradient", flat(t, results[1]), c.Gradient, 1e-6)
			})
		}
	})
}

// TestKerasMetrics holds the metrics of several batches against Keras'.
func TestKerasMetrics(t *testing.T) {
	var file struct {
		Metrics []struct {
			Name, Metric string
			Batches      []struct {
				samples
				SoFar float64 `json:"result_so_far"`
			}
		}
	}
	fixture(t, "losses.json", &file)
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, c := range file.Metrics {
			if strings.HasSuffix(c.Name, "_sample_weight") {
				continue // Keras weighs only weighted_metrics, which mnistkit has not
			}
			t.Run(c.Name, func(t *testing.T) {
				name, loss := c.Metric, session.MeanSquaredError
				switch c.Metric {
				case "sparse_categorical_accuracy":
					name, loss = "accuracy", session.SparseCategoricalCrossentropy
				case "binary_accuracy":
					name, loss = "accuracy", session.BinaryCrossentropy
				}
				var sum, count float64
				for _, batch := range c.Batches {
					if loss == session.BinaryCrossentropy {
						batch.Outputs = slices.Clone(batch.Outputs)
						for i, p := range batch.Outputs { // probabilities there, logits here
							batch.Outputs[i] = float32(math.Log(float64(p) / (1 - float64(p))))
						}
					}
					out, labels, _ := batch.tensors(loss)
					results, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
						return []*graph.Node{perExampleMetric(name, loss, in[0], in[1])}
					}, out, labels)
					if err != nil {
						t.Fatal(err)
					}
					for _, v := range flat(t, results[0]) {
						sum += float64(v)
						count++
					}
					nearOne(t, "result so far", sum/count, batch.SoFar, 1e-6)
				}
			})
		}
	})
}

func flat(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	values, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// TestGradientsAtZero: where a function has a corner the gradient is Keras',
// which counts for pixels that are exactly black. The figures are of Keras
// 3.15.1 with TensorFlow 2.21.0.
func TestGradientsAtZero(t *testing.T) {
	keras := map[string]float32{
		"linear": 1, "relu": 0, "sigmoid": 0.25, "tanh": 1, "elu": 1, "selu": 1.0507010, "softplus": 0.5,
		"softsign": 1, "gelu": 0.5, "silu": 0.5, "swish": 0.5, "leaky_relu": 0.2,
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		slope := func(f func(x *graph.Node) *graph.Node) []float32 {
			out, err := graph.CallOnceN(b, func(in []*graph.Node) []*graph.Node {
				return graph.Gradient(graph.ReduceAllSum(f(in[0])), in[0])
			}, tensors.FromFlatDataAndDimensions([]float32{0}, 1))
			if err != nil {
				t.Fatal(err)
			}
			return flat(t, out[0])
		}
		for name, want := range keras {
			near(t, name, slope(func(x *graph.Node) *graph.Node { return activate(name, x) }), []float32{want}, 1e-6)
		}
		near(t, "absolute error", slope(absolute), []float32{0}, 0)
	})
}
