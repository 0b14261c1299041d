// Package training trains models, evaluates them and predicts with them. A Run
// is the recipe of a model, a Sweep is several runs, and a Loop is a training
// loop that you write yourself.
//
//	run := training.Run{Name: "mnist/mlp", Data: data.MNIST().Holdout(0.15), Model: layer.Stack{…}}
//	history, err := run.Fit(5)
//
// Cells use it as kit.Run and so on, with a display. A program that only trains
// imports this package instead: it links nothing that draws, and shows nothing.
package training

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Run is the recipe of one training. It is plain data, and costs nothing until you
// call a method.
//
//	var mlp = kit.Run{Name: "mnist/mlp", Data: digits, Model: layer.Stack{…}, Optimizer: kit.Adam(1e-3)}
//
// Its results are kept on disk under Name. Two runs with equal recipes give
// equal results.
type Run struct {
	Name           string            // names the folder of the results: "mnist/mlp"
	Data           Data              // such as kit.MNIST().Holdout(0.15)
	Model          layer.Stack       // ends in logits, one for each class
	Loss           session.Loss      // default: the loss that suits the labels
	LabelSmoothing float64           // share of each label that is spread evenly over all classes, as in Keras: 0.1
	Precision      string            // "bf16": convolutions multiply in bfloat16 and add in float32, which newer processors do faster; default: float32
	Metrics        []string          // default: accuracy for classes, mae for values
	Optimizer      session.Optimizer // default: Adam(0.001)
	BatchSize      int               // default: 32
	DropRemainder  bool              // leave out an epoch's last batch when it is not full
	Seed           uint64            // of initial weights, order and dropout
	ClassWeights   map[int]float64   // multiply the loss of a class's examples; others are 1
	Devices        int               // GPUs of this machine that share each batch, or parts of its CPU, while Fit trains; default: 1
	Initial        string            // weights to start from: a checkpoint, "mnist/lenet@best", or "file:lenet.safetensors" (or .npz); default: drawn from Seed

	loaded bool            // opened by Load: what was trained answers, whatever data are found now
	input  []int           // shape of what it was trained on, where it was opened
	at     string          // the weights of At; "" are those that answer for the run
	shift  int             // of Shifted: pixels by which Predict moves images
	root   string          // where a run of Open lies; "" is runs.Root
	model  *runs.Model     // of OpenFS: what it is, since it lies nowhere
	ctx    context.Context // of WithContext

	elsewhere bool // a run of a Sweep that is in the share of another program
}

// With makes a variation of the run under another name.
//
//	wide := mlp.With("mnist/wide", func(r *kit.Run) { r.BatchSize = 128 })
func (r Run) With(name string, change func(*Run)) (variation Run) {
	defer func() {
		var err error
		if check.Caught(recover(), &err); err != nil { // its verbs say so
			variation.Data = unread{err}
		}
	}()
	opened, named := r.root != "" || r.model != nil, r.Initial
	r.Name, r.loaded, r.at, r.root, r.model, r.shift = name, false, "", "", nil, 0
	r.Model = r.Model.Map(func(l layer.Layer) layer.Layer { return l }) // a copy, as are the next two
	r.Metrics, r.ClassWeights = slices.Clone(r.Metrics), maps.Clone(r.ClassWeights)
	if variation = r; change != nil {
		change(&variation)
	}
	if opened && variation.Initial == named && strings.HasPrefix(named, fromFile) {
		variation.Data = unread{errOtherFile}
	}
	return variation
}

// Reset moves the run's results to runs/.old, so that the next Fit starts from the
// seed. Nothing is deleted.
func (r Run) Reset() (err error) {
	defer explain(r.label()+".Reset", &err)
	dir, err := r.Dir()
	if err == nil && r.root != "" {
		err = fmt.Errorf("it was opened from a file, which stays as it is")
	}
	if err != nil {
		return err
	}
	unlock, err := dir.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	_, err = dir.Archive()
	return err
}

// History gives the epochs trained so far; none for a new run.
func (r Run) History() (h fit.History, err error) {
	defer explain(r.label()+".History", &err)
	dir, err := r.Dir()
	if err != nil {
		return nil, err
	}
	if shared() && !dir.Exists() {
		return nil, untrained(r.Name)
	}
	return dir.History()
}

// Load opens a run by its name alone; it takes the model from the record on disk.
//
//	lenet := must.M1(kit.Load("mnist/lenet"))
//
// Evaluate and Predict then use the kept weights.
func Load(name string) (r Run, err error) {
	defer explain("kit.Load", &err)
	dir, err := runs.Open(name)
	if err == nil && !dir.Exists() {
		err = fmt.Errorf("there is no run %q under %s; train it first with Fit", name, runs.Root())
	}
	if err != nil {
		return Run{}, err
	}
	r, err = loadFrom(dir, false)
	r.root = ""
	return r, err
}

// WithContext is the run with verbs that end when ctx does. They do not look for Ctrl-C any more.
//
//	answers, err := lenet.WithContext(ctx).Predict(digits.Test())
func (r Run) WithContext(ctx context.Context) Run { r.ctx = ctx; return r }

func loadFrom(dir runs.Dir, fromFile bool) (Run, error) {
	record, _, err := dir.ReadRecord()
	if err != nil {
		return Run{}, err
	}
	return loaded(record, dir, fromFile)
}

func loaded(record runs.Record, dir runs.Dir, fromFile bool) (_ Run, err error) {
	if record.Loop != nil {
		return Run{}, errLoop(dir.Name)
	}
	c := record.Recipe
	r := Run{Name: dir.Name, root: dir.Root(), Initial: named(c.Initial), Model: c.Model, Loss: c.Loss, LabelSmoothing: c.LabelSmoothing, Precision: c.Precision,
		Metrics: c.Metrics, Optimizer: c.Optimizer, BatchSize: c.BatchSize, DropRemainder: c.DropRemainder, Seed: c.Seed, loaded: true, input: c.Input}
	if c.ClassWeights != nil {
		r.ClassWeights = map[int]float64{}
		for class, w := range c.ClassWeights {
			r.ClassWeights[class] = float64(w)
		}
	}
	if r.Data, err = readData(record, fromFile); err != nil {
		return Run{}, fmt.Errorf("run %q: its data recipe: %w", dir.Name, err)
	}
	return r, nil
}

// recipe is the run's, complete, for data of the form f; the caller identifies
// the data.
func (r Run) recipe(f data.Form) (session.Recipe, error) {
	if _, ok := data.SizeOf(append([]int{max(1, f.Train)}, f.Shape...), data.MaxValues); !ok {
		return session.Recipe{}, fmt.Errorf("%d examples of shape %v have more values than a memory holds; make them smaller", f.Train, f.Shape)
	}
	c, err := session.Recipe{
		Input: f.Shape, InputType: f.Inputs, Encoding: f.Encoding, Classes: f.Classes, Model: r.Model, Loss: r.Loss, LabelSmoothing: r.LabelSmoothing, Precision: r.Precision, Metrics: r.Metrics, Optimizer: r.Optimizer,
		BatchSize: r.BatchSize, DropRemainder: r.DropRemainder, Seed: r.Seed, Devices: r.Devices,
	}.Complete(f.Labels)
	if err != nil {
		return c, err
	}
	if c.Initial, err = r.initialID(); err != nil {
		return c, err
	}
	c.ClassWeights, err = classWeights(r.ClassWeights, c.NumClasses())
	return c, err
}

// classWeights are the weights as a list, a class each.
func classWeights(weights map[int]float64, classes int) ([]float32, error) {
	switch {
	case len(weights) == 0:
		return nil, nil
	case classes == 0:
		return nil, fmt.Errorf("ClassWeights are of classes, but the model gives values; leave them out, or give the examples weights")
	}
	list := slices.Repeat([]float32{1}, classes)
	for class, w := range weights {
		if class < 0 || class >= classes {
			return nil, fmt.Errorf("ClassWeights names class %d but the model tells %d classes apart", class, classes)
		}
		if !(w >= 0 && w <= math.MaxFloat32) {
			return nil, fmt.Errorf("ClassWeights gives class %d the weight %g; it must be a finite number, and not negative", class, w)
		}
		list[class] = float32(w)
	}
	return list, nil
}

// record is what the run's folder keeps of its complete recipe.
func (r Run) record(c session.Recipe) (runs.Record, error) {
	steps, err := c.Steps()
	record := runs.Record{Recipe: c, Parameters: layer.Count(steps)}
	if kind, ok := kindOf(r.Data); ok && err == nil { // other data were made by hand
		record.DataKind = kind
		if record.Data, err = json.Marshal(r.Data); err != nil {
			err = fmt.Errorf("the recipe of the data has an %s", strings.TrimPrefix(err.Error(), "json: "))
		}
	}
	return record, err
}

// Save writes the whole model into one file: layers, weights, the optimiser's
// state, recipe and history. Open opens it again, in any program.
//
//	must.M(lenet.Save("lenet.mnistkit"))
//
// The file contains the weights that answer for the run, or those of At. It does
// not contain the data.
func (r Run) Save(path string) (err error) {
	defer explain(r.label()+".Save", &err)
	k, err := r.snapshot()
	if err != nil {
		return err
	}
	if k.folder == "" {
		return fmt.Errorf("the weights that a run starts from cannot be saved; train it first")
	}
	return k.dir.Export(path, k.weights, k.folder)
}

// Open opens a file that Save wrote.
//
//	lenet := must.M1(kit.Open("lenet.mnistkit"))
//	kit.Show(lenet.Predict(digits.Test()))
//
// The run answers, and shows summary, curves and weights. It cannot be trained
// further; a new run can start from it with Run.Initial. Nothing in the file is
// executed, so the program must declare layers that are graph functions; and no path
// is read that the file names, so give data of your own files yourself.
func Open(path string) (r Run, err error) {
	defer explain("kit.Open", &err)
	dir, err := runs.Import(path)
	if err != nil {
		return Run{}, err
	}
	r, err = loadFrom(dir, true)
	if err == nil {
		_, err = r.steps() // also says which graph function is missing
	}
	if err != nil {
		return Run{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// OpenFS is Open for a file in a file system, such as one that go:embed puts into a
// program (an embed.FS). It keeps the model in memory: nothing is written, and no home folder is needed.
//
//	lenet, err := kit.OpenFS(files, "lenet.mnistkit")
//
// The run answers, and gives summary and weights. Open is for all else, such as curves.
func OpenFS(fsys fs.FS, name string) (r Run, err error) {
	defer explain("kit.OpenFS", &err)
	m, err := runs.ReadModel(fsys, name)
	if err != nil {
		return Run{}, err
	}
	r, err = loaded(m.Record, runs.In("", m.Record.Name), true)
	r.model = &m
	return r, err
}
