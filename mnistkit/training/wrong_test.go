package training_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine" // linked in
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
	"gonblabs/mnistkit/training"
)

// The law: whatever a field of what a reader writes holds, a verb gives one clear
// sentence or a right answer. The tests walk all exported fields, so that a new one is
// tried too.

// wrongs are values of a type that are unusual, or make no sense.
func wrongs(t reflect.Type) (list []reflect.Value) {
	add := func(values ...any) {
		for _, v := range values {
			list = append(list, reflect.ValueOf(v).Convert(t))
		}
	}
	switch t.Kind() {
	case reflect.Float64:
		add(0.0, -1.0, 0.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e300)
	case reflect.Float32:
		add(float32(0), float32(-1), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)))
	case reflect.Int:
		add(0, -1, 3, math.MaxInt32, 1<<40, math.MaxInt)
	case reflect.Int32:
		add(int32(0), int32(-1), int32(math.MaxInt32))
	case reflect.Uint8:
		add(uint8(0), uint8(255))
	case reflect.Uint64:
		add(uint64(0), uint64(math.MaxUint64))
	case reflect.String:
		add("", "wrong", "../wrong", "a b\n\x00", strings.Repeat("x", 5000))
	case reflect.Bool:
		add(false, true)
	case reflect.Func:
		list = append(list, reflect.Zero(t), reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value { panic("blunder") }),
			reflect.MakeFunc(t, func([]reflect.Value) (zero []reflect.Value) {
				for i := range t.NumOut() {
					zero = append(zero, reflect.Zero(t.Out(i)))
				}
				return zero
			}))
	case reflect.Struct:
		list = append(list, reflect.Zero(t))
	case reflect.Pointer:
		list = append(list, reflect.Zero(t))
		for _, v := range wrongs(t.Elem()) {
			p := reflect.New(t.Elem())
			p.Elem().Set(v)
			list = append(list, p)
		}
	case reflect.Slice:
		list = append(list, reflect.Zero(t), reflect.MakeSlice(t, 0, 0))
		for _, v := range wrongs(t.Elem()) {
			list = append(list, reflect.Append(reflect.Zero(t), v), reflect.Append(reflect.Zero(t), v, v))
		}
	case reflect.Array:
		for _, v := range wrongs(t.Elem()) {
			a := reflect.New(t).Elem()
			for i := range a.Len() {
				a.Index(i).Set(v)
			}
			list = append(list, a)
		}
	case reflect.Map:
		list = append(list, reflect.Zero(t), reflect.MakeMap(t))
		for _, key := range wrongs(t.Key()) {
			for _, v := range wrongs(t.Elem()) {
				m := reflect.MakeMap(t)
				m.SetMapIndex(key, v)
				list = append(list, m)
			}
		}
	case reflect.Interface:
		list = append(list, reflect.Zero(t))
		for _, v := range []any{math.NaN(), math.Inf(1), func() {}, make(chan int), training.Sets{}, panicking{}, (*panicking)(nil), &layer.DenseLayer{}, layer.CustomLayer{}} {
			if reflect.TypeOf(v).Implements(t) {
				list = append(list, reflect.ValueOf(v))
			}
		}
	default:
		panic("no wrong values of " + t.String() + " are known; add some")
	}
	return list
}

// panicking is what a reader's own type may do wherever it is called.
type panicking struct{}

func (panicking) Train() (*data.Set, error)      { panic("blunder") }
func (panicking) Validation() (*data.Set, error) { panic("blunder") }
func (panicking) Test() (*data.Set, error)       { panic("blunder") }
func (panicking) ID() (string, error)            { panic("blunder") }
func (panicking) Kind() string                   { return "Mine" }
func (panicking) Output([]int) ([]int, error)    { panic("blunder") }
func (panicking) Params([]int) []layer.Param     { panic("blunder") }
func (panicking) AfterEpoch(fit.History) fit.Action {
	panic("blunder")
}

// walk tries v with each of its exported fields, and those of structs in it, set to each
// wrong value. It tells how many it tried.
func walk[T any](t *testing.T, v T, try func(v T) (fit.History, error)) (tried int) {
	t.Helper()
	var fields func(path string, of reflect.Type, at []int)
	fields = func(path string, of reflect.Type, at []int) {
		for _, f := range reflect.VisibleFields(of) {
			if !f.IsExported() || f.Anonymous {
				continue
			}
			index := append(slices.Clone(at), f.Index...)
			for _, wrong := range wrongs(f.Type) {
				changed := reflect.New(reflect.TypeOf(v)).Elem()
				changed.Set(reflect.ValueOf(v))
				changed.FieldByIndex(index).Set(wrong)
				what := fmt.Sprintf("%s.%s = %s", path, f.Name, briefly(wrong))
				judge(t, what, func() (fit.History, error) { return try(changed.Interface().(T)) })
				tried++
			}
			if f.Type.Kind() == reflect.Struct {
				fields(path+"."+f.Name, f.Type, index)
			}
		}
	}
	fields(reflect.TypeOf(v).Name(), reflect.TypeOf(v), nil)
	return tried
}

func briefly(v reflect.Value) string {
	text := fmt.Sprintf("%+v", v)
	return text[:min(len(text), 60)]
}

// foreign are words of Go and its libraries that mean nothing to a reader.
var foreign = []string{" json: ", " gob: ", "runtime error", "reflect", "goroutine", "strconv", "EOF", "interface conversion", "nil pointer", "%!", "makeslice"}

// judge holds what a verb gives against the law.
func judge(t *testing.T, what string, do func() (fit.History, error)) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panics: %v", what, r)
		}
	}()
	h, err := do()
	if err != nil {
		text := err.Error()
		ours, _, _ := strings.Cut(text, " (wrong_test.go:") // what follows is the line
		raw := slices.ContainsFunc(foreign, func(word string) bool { return strings.Contains(ours, word) })
		if raw || strings.ContainsAny(text, "\n\x00") || len(text) > 700 || !strings.Contains(text, " ") {
			t.Errorf("%s: is no clear sentence: %.700s", what, text)
		}
		if strings.Contains(text, "blunder") && !strings.Contains(text, "wrong_test.go:") {
			t.Errorf("%s: does not say where: %s", what, text)
		}
	}
	for _, e := range h {
		for name, value := range e.Metrics {
			if math.IsNaN(value) || math.IsInf(value, 0) {
				t.Errorf("%s: %s is %g, without an error", what, name, value)
			}
		}
		if !(e.LearningRate >= 0) {
			t.Errorf("%s: the rate is %g", what, e.LearningRate)
		}
	}
}

// tiny is a run that trains in a blink; each has a name of its own.
func tiny(t *testing.T) func() training.Run {
	folder, err := os.MkdirTemp("/dev/shm", "wrong") // where to write costs nothing, if it is there
	if err != nil {
		folder = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	t.Setenv("MNISTKIT_RUNS", folder)
	t.Setenv("MNISTKIT_DATA", "bundled")
	t.Chdir(t.TempDir())
	set := func(name string) *data.Set {
		s := &data.Set{Name: name, Inputs: data.Array{Shape: []int{4, 4, 1}, U8: bytes.Repeat([]byte{0, 100, 200}, 64)}}
		for i := range 12 {
			s.Labels.I32 = append(s.Labels.I32, int32(i%3))
		}
		return s
	}
	n := 0
	return func() training.Run {
		n++
		return training.Run{
			Name: fmt.Sprintf("walk/%d", n), BatchSize: 8, Optimizer: session.Adam(1e-3),
			Data:  training.Sets{TrainSet: set("train"), ValidationSet: set("validation"), TestSet: set("test")},
			Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(3)},
		}
	}
}

func TestWrongLayers(t *testing.T) {
	run := tiny(t)
	flat := layer.Stack{layer.Flatten(), layer.Dense(3)}
	custom := engine.Layer("walked", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.Neg(x) })
	words := training.Sets{TrainSet: &data.Set{Inputs: data.Array{Shape: []int{4}, I32: make([]int32, 24)}, Labels: data.Array{I32: []int32{0, 1, 2, 0, 1, 2}}}}
	models := map[string]layer.Stack{} // each begins with the layer that is walked
	for _, l := range []layer.Layer{
		layer.Flatten(), layer.Rescale(1.0 / 255), layer.ReLU(), layer.Dropout(0.1), layer.BatchNorm(), layer.Conv2D(2, 2), layer.MaxPool(2), layer.AveragePool(2),
		layer.RandomTranslation(0.1, 0.1), layer.RandomRotation(0.1), layer.RandomZoom(0.1), layer.RandomElasticTransform(1, 1),
		layer.Residual(layer.ReLU()), layer.Parallel(layer.Stack{layer.ReLU()}, layer.Stack{}), custom,
	} {
		models[l.Kind()] = append(layer.Stack{l}, flat...)
	}
	models["Dense"] = layer.Stack{layer.Dense(3)}
	models["Embedding"] = layer.Stack{layer.Embedding(3, 2), layer.GlobalAveragePool1D(), layer.Dense(3)}
	models["GlobalAveragePooling1D"] = layer.Stack{layer.GlobalAveragePool1D()} // it has no fields
	models["GlobalAveragePooling2D"] = layer.Stack{layer.GlobalAveragePool()}
	for _, kind := range layer.Kinds() {
		if models[kind] == nil {
			t.Errorf("layer %s is not walked; add it", kind)
			continue
		}
		base := models[kind][0]
		of := reflect.TypeOf(base)
		for _, f := range reflect.VisibleFields(of) {
			if !f.IsExported() || f.Anonymous {
				continue
			}
			for _, wrong := range wrongs(f.Type) {
				changed := reflect.New(of).Elem()
				changed.Set(reflect.ValueOf(base))
				changed.FieldByIndex(f.Index).Set(wrong)
				judge(t, fmt.Sprintf("%s.%s = %s", of.Name(), f.Name, briefly(wrong)), func() (fit.History, error) {
					r := run()
					r.Model = append(layer.Stack{changed.Interface().(layer.Layer)}, models[kind][1:]...)
					if kind == "Dense" {
						r.Model = append(layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten()}, r.Model...)
					}
					if kind == "Embedding" {
						r.Data = words
					}
					return r.Fit(1)
				})
			}
		}
	}
}

func TestWrongRuns(t *testing.T) {
	run := tiny(t)
	base := run()
	tried := walk(t, base, func(r training.Run) (fit.History, error) {
		if r.Name == base.Name {
			r.Name = run().Name
		}
		if _, err := r.Summary(); err != nil {
			judge(t, "Summary", func() (fit.History, error) { return nil, err })
		}
		return r.Fit(1)
	})
	for _, o := range []session.Optimizer{session.SGD(0.1).WithMomentum(0.9), session.Adam(0.1), session.RMSprop(0.1), session.AdamW(0.1).WithEMA(0.9).WithSchedule(session.OneCycle(2))} {
		tried += walk(t, o, func(o session.Optimizer) (fit.History, error) {
			r := run()
			r.Optimizer = o
			return r.Fit(1)
		})
	}
	tried += walk(t, data.MNIST().Holdout(0.5).FirstPerClass(2), func(d data.Recipe) (fit.History, error) {
		r := run()
		r.Data, r.Model = d, layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(10)}
		return r.Fit(1)
	})
	tried += walk(t, table.Iris(), func(d table.Recipe) (fit.History, error) {
		r := run()
		r.Data, r.Model = d, layer.Stack{layer.Dense(3)}
		return r.Fit(1)
	})
	tried += walk(t, text.IMDB().Vocabulary(20).Padded(4).Holdout(0.9), func(d text.Recipe) (fit.History, error) {
		r := run()
		r.Data, r.Model, r.BatchSize = d, layer.Stack{layer.Embedding(20, 1), layer.GlobalAveragePool1D(), layer.Dense(1)}, 512
		return r.Fit(1)
	})
	t.Logf("%d values", tried)
}

func TestWrongSets(t *testing.T) {
	run := tiny(t)
	good := run()
	if _, err := good.Fit(1); err != nil {
		t.Fatal(err)
	}
	whole, err := good.Data.Train()
	if err != nil {
		t.Fatal(err)
	}
	measured := *whole
	measured.Inputs = data.Array{Shape: []int{4, 4, 1}, F32: make([]float32, 192)}
	measured.Weights = make([]float32, 12)
	tried := 0
	for _, set := range []data.Set{*whole, measured} {
		tried += walk(t, set, func(set data.Set) (fit.History, error) {
			judge(t, "Evaluate", func() (fit.History, error) { _, err := good.Evaluate(&set); return nil, err })
			judge(t, "Predict", func() (fit.History, error) { _, err := good.Predict(&set); return nil, err })
			r := run()
			r.Data = training.Sets{TrainSet: &set}
			return r.Fit(1)
		})
	}
	t.Logf("%d values", tried)
	// The sentence names the set, the example and the place.
	for _, c := range []struct {
		change func(s *data.Set)
		want   string
	}{
		{func(s *data.Set) { s.Inputs.F32[16*7+6] = float32(math.NaN()) }, `data set "train": the input [1 2 0] of example 7 is NaN; correct it, or leave the example out`},
		{func(s *data.Set) { s.Weights[3] = -1 }, `data set "train": the weight of example 3 is -1; correct it, or leave the example out`},
		{func(s *data.Set) { s.Labels = data.Array{F32: slices.Repeat([]float32{float32(math.Inf(1))}, 12)} }, `data set "train": the label of example 0 is +Inf; correct it`},
		{func(s *data.Set) { s.Inputs.Shape = []int{1 << 40, 1 << 40} }, `shape [1099511627776 1099511627776] has a side below 1, or more values than a memory holds`},
	} {
		set := measured
		set.Inputs.F32, set.Weights = slices.Clone(set.Inputs.F32), slices.Clone(set.Weights)
		c.change(&set)
		r := run()
		r.Data = training.Sets{TrainSet: &set}
		if set.Labels.F32 != nil {
			r.Model = layer.Stack{layer.Flatten(), layer.Dense(1)}
		}
		if _, err := r.Fit(1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestWrongCallbacks(t *testing.T) {
	run := tiny(t)
	walked := map[string]bool{}
	fits := func(c fit.Callback) (fit.History, error) { return run().Fit(2, c) }
	walked["EarlyStopping"] = walk(t, fit.EarlyStopping{}, func(c fit.EarlyStopping) (fit.History, error) { return fits(c) }) > 0
	walked["ReduceLROnPlateau"] = walk(t, fit.ReduceLROnPlateau{}, func(c fit.ReduceLROnPlateau) (fit.History, error) { return fits(c) }) > 0
	walked["ModelCheckpoint"] = walk(t, fit.ModelCheckpoint{}, func(c fit.ModelCheckpoint) (fit.History, error) { return fits(c) }) > 0
	walked["SaveWeights"] = walk(t, fit.SaveWeights{}, func(c fit.SaveWeights) (fit.History, error) { return fits(c) }) > 0
	walked["CSVLogger"] = walk(t, fit.CSVLogger{}, func(c fit.CSVLogger) (fit.History, error) { return fits(c) }) > 0
	walked["TensorBoard"] = walk(t, fit.TensorBoard{}, func(c fit.TensorBoard) (fit.History, error) { return fits(c) }) > 0
	walked["EvaluateOn"] = walk(t, fit.EvaluateOn{Name: "test", Set: run().Data.Test}, func(c fit.EvaluateOn) (fit.History, error) { return fits(c) }) > 0
	walked["AfterEpoch"] = walk(t, fit.Action{}, func(a fit.Action) (fit.History, error) {
		return fits(fit.AfterEpoch(func(fit.History) fit.Action { return a }))
	}) > 0
	walked["TerminateOnNaN"] = true // it has no fields
	walked["LearningRateScheduler"] = true
	for _, rate := range wrongs(reflect.TypeFor[float64]()) {
		judge(t, fmt.Sprint("a scheduler's ", rate), func() (fit.History, error) {
			h, err := fits(fit.LearningRateScheduler(func(int, float64) float64 { return rate.Float() }))
			if rate.Float() < 0 && (err == nil || !strings.Contains(err.Error(), "a callback gives the learning rate")) {
				t.Errorf("a scheduler's %g: %v", rate.Float(), err)
			}
			return h, err
		})
	}
	for _, c := range []fit.Callback{nil, fit.LearningRateScheduler(nil), fit.AfterEpoch(nil), (*fit.SaveWeights)(nil), panicking{}, (*panicking)(nil), fit.LearningRateScheduler(func(int, float64) float64 { panic("blunder") })} {
		judge(t, fmt.Sprintf("%T", c), func() (fit.History, error) {
			h, err := fits(c)
			if err == nil {
				t.Errorf("%T: no error", c)
			}
			return h, err
		})
	}
	if noAPI != nil {
		t.Fatal(noAPI)
	}
	for line := range strings.Lines(string(api)) {
		var name string
		if _, err := fmt.Sscanf(strings.ReplaceAll(line, ")", " )"), "fit: method (%s ) AfterEpoch(", &name); err == nil && !walked[name] {
			t.Errorf("the callback %s is not walked; add it", name)
		}
	}
}

// TestCallbacksLoseNothing: whatever goes wrong in a callback, the epochs before it stay.
func TestCallbacksLoseNothing(t *testing.T) {
	run := tiny(t)
	for wrong, c := range map[string]fit.Callback{
		"a rate":         fit.LearningRateScheduler(func(epoch int, rate float64) float64 { return []float64{rate, rate, -1}[epoch] }),
		"a panic before": fit.LearningRateScheduler(func(epoch int, rate float64) float64 { return []float64{rate, rate}[epoch] }),
		"a panic after":  fit.AfterEpoch(func(h fit.History) fit.Action { return []fit.Action{{}, {}}[len(h)] }),
	} {
		r := run()
		_, err := r.Fit(4, c)
		if h, failed := r.History(); err == nil || failed != nil || len(h) != 2 {
			t.Errorf("%s: %v; %d epochs, %v", wrong, err, len(h), failed)
		}
	}
}

// api lists the public API; it is read before a test goes elsewhere.
var api, noAPI = os.ReadFile("../../docs/api.txt")

func TestWrongLoops(t *testing.T) {
	tiny(t)
	n := 0
	loop := training.Loop{Start: training.Variables{"w": {0}}}
	step := func(int, training.Variables) (training.Metrics, error) { return training.Metrics{"loss": 1}, nil }
	walk(t, loop, func(l training.Loop) (fit.History, error) {
		if n++; l.Name == "" {
			l.Name = fmt.Sprint("loop/", n)
		}
		_, err := l.Fit(1, step) // a variable may be NaN
		return nil, err
	})
	loop.Name = "loop/steps"
	for _, step := range []training.LoopStep{
		nil,
		func(int, training.Variables) (training.Metrics, error) { panic("blunder") },
		func(int, training.Variables) (training.Metrics, error) { panic(errors.New("blunder")) },
		func(int, training.Variables) (training.Metrics, error) { return nil, nil },
		func(_ int, v training.Variables) (training.Metrics, error) {
			clear(v)
			return training.Metrics{"loss": 1}, nil
		},
	} {
		judge(t, "a step", func() (fit.History, error) {
			h, err := loop.Fit(1, step)
			if err == nil {
				t.Error("no error")
			}
			return h, err
		})
	}
}

// TestWrongCalls: what verbs are given beside fields.
func TestWrongCalls(t *testing.T) {
	run := tiny(t)
	r := run()
	if _, err := r.Fit(1); err != nil {
		t.Fatal(err)
	}
	loaded, err := training.Load(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Data.Test(); err == nil || !strings.Contains(err.Error(), "sets made by hand, which its record does not hold") {
		t.Errorf("the data of a loaded run: %v", err)
	}
	if _, err := loaded.Evaluate(r.Data.Test()); err != nil {
		t.Error(err)
	}
	history := func(err error) (fit.History, error) { return nil, err }
	for _, name := range wrongs(reflect.TypeFor[string]()) {
		for verb, do := range map[string]func(text string) error{
			"Load": func(text string) error { _, err := training.Load(text); return err },
			"Open": func(text string) error { _, err := training.Open(text); return err },
			"At":   func(text string) error { _, err := r.At(text).Evaluate(r.Data.Test()); return err },
			"Save": func(text string) error { return r.Save(text) },
			"With": func(text string) error { _, err := r.With(text, nil).Fit(1); return err },
		} {
			judge(t, fmt.Sprintf("%s(%.20q)", verb, name.String()), func() (fit.History, error) { return history(do(name.String())) })
		}
	}
	for _, pixels := range wrongs(reflect.TypeFor[int]()) {
		judge(t, fmt.Sprint("Shifted by ", pixels), func() (fit.History, error) {
			_, err := r.Shifted(int(pixels.Int())).Predict(r.Data.Test())
			if n := pixels.Int(); (err == nil) != (n >= 0 && n < 4) {
				t.Errorf("Shifted by %d: %v", n, err)
			}
			return history(err)
		})
	}
	judge(t, "Save into a folder", func() (fit.History, error) { return history(r.Save(t.TempDir())) })
	for what, s := range map[string]training.Sweep{
		"there are no runs in it; make it with kit.Vary(run, …), which takes values and a function": training.Vary[float64](r, "rate", []float64{1}, nil),
		"blunder (wrong_test.go:":  training.Vary(r, "rate", []float64{1}, func(*training.Run, float64) { panic("blunder") }),
		"length 0 (wrong_test.go:": {r.With("walk/with", func(r *training.Run) { r.Metrics[7] = "" })},
		"there are no runs in it":  training.Vary(r, "rate", nil, func(*training.Run, float64) {}),
	} {
		err := s.Fit(1)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %s", err, what)
		}
	}
	broken := run()
	broken.Model = append(layer.Stack{engine.Layer("breaks", func(*model.Scope, *graph.Node) *graph.Node { panic("blunder") })}, broken.Model...)
	judge(t, "a layer that panics", func() (fit.History, error) { return broken.Fit(1) })
	broken.Model[0] = engine.Layer("no function", nil)
	judge(t, "a layer of nil", func() (fit.History, error) { return broken.Fit(1) })
}

// halfway panics when its chunks are read again, for the engine that was started.
type halfway struct {
	training.Sets
	read *int
}

func (h halfway) Chunks(name string) (data.Chunks, error) {
	set, err := h.Train()
	return data.Chunks{N: set.Len(), Each: func(yield func(*data.Set, error) bool) {
		_ = yield(set.Slice(0, 4), nil)
		if *h.read++; *h.read == 3 { // after the identity of both sets
			panic("blunder")
		}
		_ = yield(set.Slice(4, set.Len()), nil)
	}}, err
}

func TestPanicInData(t *testing.T) {
	run := tiny(t)
	r := run()
	r.Data = halfway{r.Data.(training.Sets), new(int)}
	judge(t, "chunks", func() (fit.History, error) {
		h, err := r.Fit(1)
		if err == nil || !strings.Contains(err.Error(), "blunder (wrong_test.go:") {
			t.Errorf("%v", err)
		}
		return h, err
	})
	if _, err := training.InChunks(panicking{}, "train"); err == nil || !strings.Contains(err.Error(), "blunder (wrong_test.go:") {
		t.Errorf("%v", err)
	}
}

// TestPanicKeepsRun: what panics in the middle of a training costs nothing that was there.
func TestPanicKeepsRun(t *testing.T) {
	run := tiny(t)
	r, whole := run(), run()
	want, err := whole.Fit(4)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []fit.Callback{
		fit.AfterEpoch(func(h fit.History) fit.Action {
			if len(h) == 2 {
				panic("blunder")
			}
			return fit.Action{}
		}),
		fit.LearningRateScheduler(func(epoch int, rate float64) float64 {
			if epoch == 3 {
				panic("blunder")
			}
			return rate
		}),
	} {
		if _, err := r.Fit(4, c); err == nil || !strings.Contains(err.Error(), "blunder (wrong_test.go:") {
			t.Errorf("%v", err)
		}
	}
	h, err := r.History()
	if err != nil || len(h) < 2 {
		t.Errorf("%d epochs are kept, want at least 2 (%v)", len(h), err)
	}
	h, err = r.Fit(4)
	if err != nil || len(h) != 4 || h[3].Metrics["loss"] != want[3].Metrics["loss"] {
		t.Errorf("%v, %v, want %v", h, err, want)
	}
}
