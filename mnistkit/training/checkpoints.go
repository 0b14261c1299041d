package training

import (
	"errors"
	"fmt"
	"strings"

	"gonblabs/mnistkit/exchange"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
)

// Initial is the name, for Run.At, of the weights from which a run starts.
const Initial = "initial"

// Checkpoints lists the weights that SaveWeights kept, by epoch. Show makes a table
// of them.
//
//	kit.Show(model.Checkpoints())
func (r Run) Checkpoints() (list []runs.Checkpoint, err error) {
	defer explain(r.label()+".Checkpoints", &err)
	return r.checkpoints()
}

func (r Run) checkpoints() ([]runs.Checkpoint, error) {
	dir, err := r.Dir()
	if err != nil {
		return nil, err
	}
	return dir.Checkpoints()
}

// Latest is the checkpoint of the newest epoch, like Keras' latest_checkpoint.
//
//	latest := must.M1(model.Latest())
//	kit.Show(model.At(latest.Name).Evaluate(digits.Test()))
func (r Run) Latest() (latest runs.Checkpoint, err error) {
	defer explain(r.label()+".Latest", &err)
	list, err := r.checkpoints()
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("the run %q has no checkpoints; train it with kit.SaveWeights", r.Name)
	}
	if err != nil {
		return latest, err
	}
	return list[len(list)-1], nil
}

// At is the same run, answering with other weights: those of a checkpoint,
// "last", "best", or kit.Initial, with which a run starts before it is trained.
//
//	model.At("cp-0005").Evaluate(digits.Test())
//	fresh.At(kit.Initial).Evaluate(digits.Test()) // about 10 % right
//
// What Evaluate measures with them is not kept with the run's own scores.
func (r Run) At(weights string) Run { r.at = weights; return r }

// Dir is the folder of the run's results.
//
//	dir := must.M1(lenet.Dir()); fmt.Println(dir.Path())
func (r Run) Dir() (runs.Dir, error) {
	if r.model != nil {
		return runs.Dir{}, fmt.Errorf("the model of OpenFS lies in no folder; open the file with kit.Open")
	}
	if r.root != "" {
		return runs.In(r.root, r.Name), nil
	}
	return runs.Open(r.Name)
}

var errOtherFile = errors.New("the model in the file started from weights in another file, and the kit reads no path that a file names; set Initial of a variation")

// fromFile begins an Initial that names a file of weights that another program wrote.
const fromFile = "file:"

// source finds the weights that Initial names: "save/model@cp-0005".
func source(initial string) (w snapshot, err error) {
	name, checkpoint, ok := strings.Cut(initial, "@")
	if !ok || name == "" {
		return w, fmt.Errorf("Initial is %q; name a run and its checkpoint, such as \"save/model@cp-0005\" or \"mnist/lenet@best\"", initial)
	}
	if w.dir, err = runs.Open(name); err == nil && !w.dir.Exists() {
		err = fmt.Errorf("Initial names another run: %w", untrained(name))
	}
	if err == nil {
		w.record, _, err = w.dir.ReadRecord()
	}
	if err == nil {
		w.weights, w.folder, err = w.dir.Named(checkpoint)
	}
	return w, err
}

// initialID is what a recipe says of the weights to start from. A run that has
// started from them needs their source no more: its record says which they were.
func (r Run) initialID() (string, error) {
	if r.Initial == "" {
		return "", nil
	}
	sum, err := "", error(nil)
	if path, ok := strings.CutPrefix(r.Initial, fromFile); ok {
		if sum, err = files.SHA256(path); err != nil {
			err = fmt.Errorf("Initial: %w", err)
		}
	} else {
		var w snapshot
		if w, err = source(r.Initial); err == nil {
			sum, err = runs.Sum(w.folder)
		}
	}
	if err != nil {
		if dir, e := r.Dir(); e == nil {
			was, _, e := dir.ReadRecord()
			if e == nil && strings.HasPrefix(was.Recipe.Initial, r.Initial+" (") {
				return was.Recipe.Initial, nil
			}
		}
		return "", err
	}
	return fmt.Sprintf("%s (%.12s)", r.Initial, sum), nil
}

// named takes the fingerprint from what a recipe says of the weights to start from.
func named(initial string) string {
	if i := strings.LastIndex(initial, " ("); i >= 0 {
		return initial[:i]
	}
	return initial
}

// startFrom puts the weights that a recipe's Initial names into s, weights only.
func startFrom(s session.Session, initial string) error {
	if initial == "" {
		return nil
	}
	initial = named(initial)
	wanted, err := s.Weights()
	if err != nil {
		return err
	}
	var weights []session.Weight
	if path, ok := strings.CutPrefix(initial, fromFile); ok {
		if weights, err = exchange.ReadWeights(path); err == nil {
			weights, err = exchange.Match(weights, wanted)
		}
	} else {
		var from snapshot
		if from, err = source(initial); err == nil {
			weights, err = ask(from, nil, session.Session.Weights)
		}
		if err == nil {
			err = fits(initial, weights, wanted)
		}
	}
	if err != nil {
		return err
	}
	return s.SetWeights(weights)
}

// fits says where the weights of a checkpoint are not those of this model.
func fits(from string, weights, wanted []session.Weight) error {
	name := func(list []session.Weight, i int) string {
		if i >= len(list) {
			return "no more"
		}
		return fmt.Sprint(list[i].Name, " ", list[i].Shape)
	}
	for i := range max(len(weights), len(wanted)) {
		if has, wants := name(weights, i), name(wanted, i); has != wants {
			return fmt.Errorf("the weights of %s do not fit: they have %s where this model has %s; use a model with the same layers", from, has, wants)
		}
	}
	return nil
}
