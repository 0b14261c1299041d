package training

import (
	"fmt"

	"gonblabs/mnistkit/runs"
)

// Save writes the whole model into one file: layers, weights, the optimiser's
// state, recipe and history. Open opens it again, in any program.
//
//	must.M(lenet.Save("lenet.mnistkit"))
//
// The file contains the weights that answer for the run, or those of At. It does
// not contain the data.
func (r Run) Save(path string) (err error) {
	defer r.explain("Save", &err)
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
//	kit.Show(must.M1(lenet.Predict(digits.Test())))
//
// The run answers, and shows summary, curves and weights. It cannot be trained
// further; a new run can start from it with Run.Initial. Nothing in the file is
// executed, so the program must declare layers that are graph functions.
func Open(path string) (Run, error) {
	dir, err := runs.Import(path)
	if err != nil {
		return Run{}, fmt.Errorf("kit.Open: %w", err)
	}
	r, err := loadFrom(dir)
	if err == nil {
		_, err = r.steps() // also says which graph function is missing
	}
	if err != nil {
		return Run{}, fmt.Errorf("kit.Open: %s: %w", path, err)
	}
	return r, nil
}
