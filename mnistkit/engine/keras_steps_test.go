package engine

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
)

// stepsFile holds trainings of a few steps by Keras.
type stepsFile struct {
	Steps, Batch, Evaluated int
	Data                    []stepsData
	Optimizers              []struct {
		session.Optimizer        // its name is the fixture's: "sgd_momentum"
		Class             string `json:"optimizer"` // "SGD"
	}
	Models []stepsModel
	Runs   []stepsRun
}

type stepsData struct {
	Name   string
	XType  string `json:"x_type"`
	XShape []int  `json:"x_shape"`
	X, Y   []float32
}

type stepsModel struct {
	Name, Data, Loss, Metric string
	Layers                   layer.Stack
	Weights                  []tensor
	ClassWeight              []float32 `json:"class_weight"`
}

type stepsRun struct {
	Model, Optimizer string
	Losses, Metrics  []float64
	Epoch            struct{ Loss, Metric float64 }
	Evaluation       struct{ Loss, Metric float64 }
	LearningRate     float64  `json:"learning_rate"`
	WeightsAfter     []tensor `json:"weights_after"`
}

// TestKerasSteps trains every model with every optimiser and holds losses,
// metrics, weights and the evaluation after it against Keras'.
func TestKerasSteps(t *testing.T) {
	var file stepsFile
	fixture(t, "steps.json", &file)
	models, sets, optimizers := map[string]stepsModel{}, map[string]stepsData{}, map[string]session.Optimizer{}
	for _, m := range file.Models {
		models[m.Name] = m
	}
	for _, d := range file.Data {
		sets[d.Name] = d
	}
	for _, o := range file.Optimizers {
		name := o.Name
		o.Name = strings.ToLower(o.Class)
		optimizers[name] = o.Optimizer
	}
	onBackends(t, func(t *testing.T, b compute.Backend) {
		for _, r := range file.Runs {
			t.Run(r.Model+" "+r.Optimizer, func(t *testing.T) {
				m := models[r.Model]
				e := opened(t, b, session.Recipe{
					Model: m.Layers, Input: sets[m.Data].XShape[1:], Loss: lossOf(m.Loss), Metrics: []string{m.Metric},
					Optimizer: optimizers[r.Optimizer], BatchSize: file.Batch, ClassWeights: m.ClassWeight,
				})
				if err := e.config.Check(); err != nil {
					t.Fatal(err)
				}
				e.maxRounds = 1 // one step at a time; TestLoop holds that a loop gives the same
				setWeights(t, e, m.Weights)
				put(t, e, "train", sets[m.Data].set(lossOf(m.Loss)))
				r.check(t, e, m, file)
			})
		}
	})
}

// check trains an epoch, a batch at a time.
func (r stepsRun) check(t *testing.T, e *Engine, m stepsModel, file stepsFile) {
	ep := session.Epoch{Number: 1, Set: "train", Order: firstIndices(file.Steps * file.Batch), LearningRate: r.LearningRate}
	for i := range file.Steps {
		p, err := e.Train(stopAfter(1), ep, nil)
		if err != nil || p.Batches != i+1 || p.Examples != (i+1)*file.Batch {
			t.Fatalf("step %d: %+v, %v", i+1, p, err)
		}
		mean := func(name string) float64 { return (p.Sums[name] - ep.From.Sums[name]) / float64(file.Batch) }
		nearOne(t, "loss", mean("loss"), r.Losses[i], 1e-5)
		nearOne(t, m.Metric, mean(m.Metric), r.Metrics[i], 1e-5)
		ep.From = p
	}
	nearOne(t, "loss of the epoch", ep.From.Means()["loss"], r.Epoch.Loss, 1e-5)
	nearOne(t, m.Metric+" of the epoch", ep.From.Means()[m.Metric], r.Epoch.Metric, 1e-5)

	after := weightsOf(t, e)
	for _, w := range r.WeightsAfter {
		near(t, w.Name, after[e.weightName(t, w.Name)], w.Values, 2e-5)
	}
	if len(after) != len(r.WeightsAfter) {
		t.Errorf("the model has %d arrays of weights, Keras' has %d", len(after), len(r.WeightsAfter))
	}
	means := evaluated(t, e, "train", firstIndices(file.Evaluated))
	nearOne(t, "loss of the evaluation", means["loss"], r.Evaluation.Loss, 2e-5)
	nearOne(t, m.Metric+" of the evaluation", means[m.Metric], r.Evaluation.Metric, 2e-5)
}

// set is the data as a session takes them: a fixture's targets [n 1] are n
// values.
func (d stepsData) set(loss session.Loss) *data.Set {
	s := &data.Set{Name: d.Name, Inputs: data.Array{Shape: d.XShape[1:], F32: d.X}}
	if d.XType == "int64" {
		s.Inputs.F32, s.Inputs.I32 = nil, integers(d.X)
	}
	if !loss.Classifies() {
		s.Labels.F32 = d.Y
		return s
	}
	s.Labels.I32 = integers(d.Y)
	return s
}

func integers(values []float32) (list []int32) {
	for _, v := range values {
		list = append(list, int32(v))
	}
	return list
}
