package training

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
)

// Summary is a model's layers with their output shapes and parameters, as
// Keras' summary lists them.
type Summary struct {
	Name   string
	Steps  []layer.Step
	Counts layer.Counts
	// Training is what trains it, where that is more than an optimiser at a constant rate.
	Training string
}

// Summary checks the model against the data and lists its layers.
//
//	kit.Show(lenet.Summary())
func (r Run) Summary() (s Summary, err error) {
	defer explain(r.label()+".Summary", &err)
	steps, err := r.steps()
	s = Summary{Name: r.Name, Steps: steps, Counts: layer.Count(steps)}
	o := r.Optimizer
	if plain := (session.Optimizer{Name: o.Name, LearningRate: o.LearningRate, Momentum: o.Momentum, Nesterov: o.Nesterov}); o.String() != plain.String() || r.Precision != "" {
		s.Training = "Trained with " + o.String()
	}
	if r.Precision != "" {
		s.Training += ", convolutions in " + r.Precision
	}
	return s, err
}

// Plot shows a picture of the model: a box for each layer, with shapes and
// parameters.
//
//	kit.Show(lenet.Plot())
func (r Run) Plot() Plot { return Plot{r} }

// Plot is a run whose model is to be drawn.
type Plot struct{ Run Run }

// Steps checks the model against the data and gives what is to be drawn.
func (p Plot) Steps() (steps []layer.Step, err error) {
	defer explain(p.Run.label()+".Plot", &err)
	return p.Run.steps()
}

func (r Run) steps() ([]layer.Step, error) {
	if r.loaded || r.model != nil { // its data need not be here
		return r.Model.Plan(r.input)
	}
	f, _, _, err := formOf(r.Data)
	if err != nil {
		return nil, err
	}
	return r.Model.Plan(f.Shape)
}

// about is the model and its complete recipe in Markdown.
func about(name string, c session.Recipe) string {
	steps, _ := c.Steps()                        // it is planned
	recipe, _ := json.MarshalIndent(c, "", "  ") // if it cannot be written, recording the run says so
	s := Summary{Name: name, Steps: steps, Counts: layer.Count(steps)}
	return fmt.Sprintf("### %s\n\n```\n%s```\n\n```json\n%s\n```\n", name, s.Text(), recipe)
}

// blocks are the table of the layers and a line of totals.
func (s Summary) blocks() show.Blocks {
	t := show.Table{Caption: "Model: " + s.Name, Rows: make([][]string, len(s.Steps))}
	t.AddColumn("Layer (type)", func(i int) string { return fmt.Sprintf("%s (%s)", s.Steps[i].Name, s.Steps[i].Layer.Kind()) })
	t.AddColumn("Output shape", func(i int) string { return layer.FormatShape(s.Steps[i].Out) })
	t.AddColumn("Param #", func(i int) string { return show.Count(layer.Count(s.Steps[i : i+1]).Total) })
	if slices.ContainsFunc(s.Steps, func(step layer.Step) bool { return len(step.From) > 1 }) {
		t.AddColumn("Connected to", func(i int) string {
			var names []string
			for _, from := range s.Steps[i].From {
				if from < 0 {
					names = append(names, "input")
				} else {
					names = append(names, s.Steps[from].Name)
				}
			}
			return strings.Join(names, ", ")
		})
	}
	blocks := show.Blocks{t, show.Line(fmt.Sprintf("Total params: %s · trainable: %s · non-trainable: %s",
		show.Count(s.Counts.Total), show.Count(s.Counts.Trainable), show.Count(s.Counts.NonTrainable)))}
	if s.Training != "" {
		blocks = append(blocks, show.Line(s.Training))
	}
	return blocks
}

// HTML is the summary as a table.
func (s Summary) HTML() string { return s.blocks().HTML() }

// Text is the summary as aligned text.
func (s Summary) Text() string { return s.blocks().Text() }

// Augmented gives the first images of the training data, each as it is and then in
// columns-1 variations by the augmenting layers at the front of the model. The
// run's seed decides them, and the run need not be trained.
//
//	set, err := lenet.Augmented(4, 8)
func (r Run) Augmented(rows, columns int) (_ *data.Set, err error) {
	defer explain("kit.Augmented", &err)
	if rows < 1 || columns < 2 {
		return nil, fmt.Errorf("%d rows of %d images cannot be drawn; give at least one row of two", rows, columns)
	}
	var front layer.Stack
	for _, l := range r.Model {
		if _, ok := l.(layer.Augmenting); ok {
			front = append(front, l)
		} else if _, ok := l.(layer.RescaleLayer); !ok {
			break // later layers see no image of the data any more
		}
	}
	if front == nil {
		return nil, fmt.Errorf("the model of %q has no augmenting layers in front; add some, such as layer.RandomTranslation(0.1, 0.1)", r.Name)
	}
	if r.Data == nil {
		return nil, errNoData
	}
	train, err := r.Data.Train()
	if err != nil {
		return nil, err
	}
	var examples []int32
	for i := range min(rows, train.Len()) {
		examples = append(examples, slices.Repeat([]int32{int32(i)}, columns)...)
	}
	set := train.Select(examples)
	recipe := session.Recipe{
		Model: append(front, layer.Flatten()), Input: set.Inputs.Shape, InputType: set.Inputs.DType(),
		Loss: session.MeanSquaredError, Optimizer: session.Adam(1e-3), BatchSize: 1, Seed: r.Seed, AsTraining: true,
	}
	answers, err := ask(snapshot{record: runs.Record{Recipe: recipe}}, set, func(s session.Session) (data.Array, error) {
		return s.Predict(context.Background(), askedSet)
	})
	if err != nil {
		return nil, err
	}
	shown := *set
	shown.Name += ", the first of each row as it is, the others augmented"
	shown.Inputs = data.Array{Shape: set.Inputs.Shape, F32: answers.F32}
	for i := 0; i < len(examples); i += columns {
		for k, v := range set.Inputs.At(i) {
			shown.Inputs.F32[i*set.Inputs.Size()+k] = float32(v)
		}
	}
	return &shown, nil
}
