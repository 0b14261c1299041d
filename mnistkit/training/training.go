package training

import (
	"cmp"
	"runtime/debug"
	"sync"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// training is a run's recipe, and what its data are like. The data themselves are
// read by open: a fit that only replays needs none.
type training struct {
	recipe session.Recipe
	form   data.Form
	data   Data
	split  func(epoch int) (train, validation []int32, err error)
}

func (r Run) training() (t training, err error) {
	form, train, validation, err := formOf(r.Data)
	if err != nil {
		return t, err
	}
	t = training{data: r.Data, form: form}
	if t.recipe, err = r.recipe(form); err != nil {
		return t, err
	}
	if t.recipe.Data, err = identify(r.Data, train, validation); err != nil {
		return t, err
	}
	if d, ok := r.Data.(interface {
		EpochSplit(epoch int) (train, validation []int32, ok bool, err error)
	}); ok {
		if _, _, ok, err = d.EpochSplit(1); ok { // it is drawn anew every epoch
			t.split = func(epoch int) (train, validation []int32, err error) {
				train, validation, _, err = d.EpochSplit(epoch)
				return train, validation, err
			}
		}
	}
	return t, err
}

// open starts an engine, while the data are read, and hands them over to it, and
// unless it resumes a training the weights to start from. A split drawn anew every
// epoch validates on some of the training data.
func (t training) open(resumed bool) (_ session.Session, err error) {
	var s session.Session
	var failed error
	var starting sync.WaitGroup
	starting.Go(func() { s, failed = session.Open(t.recipe) })
	ready := false
	defer func() { // also where data of the user's own panic
		if starting.Wait(); !ready && s != nil {
			_ = s.Close() // the first error is the one to tell
		}
	}()
	train, err := InChunks(t.data, fit.TrainSet)
	validation := train
	if err == nil && t.split == nil {
		validation, err = InChunks(t.data, fit.ValidationSet)
	}
	starting.Wait()
	if err = cmp.Or(err, failed); err == nil {
		err = session.PutSet(s, fit.TrainSet, t.accepted(train))
	}
	if err == nil && validation.N > 0 {
		err = session.PutSet(s, fit.ValidationSet, t.accepted(validation))
	}
	if err == nil && !resumed {
		err = startFrom(s, t.recipe.Initial)
	}
	debug.FreeOSMemory() // the engine has the data
	ready = err == nil
	return s, err
}

// accepted are data in the form that the model takes: those to validate on may
// number their classes in another way than those to train on.
func (t training) accepted(chunks data.Chunks) data.Chunks {
	return data.Chunks{N: chunks.N, Each: func(yield func(*data.Set, error) bool) {
		for set, err := range chunks.Each {
			if err == nil {
				set, err = t.recipe.Accept(set)
			}
			if !yield(set, err) {
				return
			}
		}
	}}
}
