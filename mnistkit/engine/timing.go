package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/session"
)

// Timing is what On measured.
type Timing struct {
	Backend string        // "go", "xla:cpu", "xla:cuda"
	Value   Value         // the result
	Compile time.Duration // to build and compile the graph, or to load it where it was compiled before, and the first run
	Run     time.Duration // of one later run; the median of several
}

// On computes f on the backend of that name, which is one of Backends, and
// measures the time.
//
//	t := must.M1(engine.On("go", product, a, b)); t.Run
//
// The inputs are on the device before the clock starts. Run includes reading the
// result.
func On[F Function](name string, f F, inputs ...any) (Timing, error) {
	t := Timing{Backend: name}
	backend, err := backendOf(name)
	if err == nil {
		err = guard("compute", func() error { return t.measure(backend, single(f), inputs) })
	}
	if err != nil {
		return t, fmt.Errorf("engine.On(%q): %w", name, err)
	}
	return t, nil
}

// Backends lists the backends on which this program can compute: "go", and the
// chosen one.
//
//	for _, name := range must.M1(engine.Backends()) { fmt.Println(name, must.M1(engine.On(name, f, x)).Run) }
func Backends() ([]string, error) {
	chosen, err := Backend()
	if err != nil {
		return nil, err
	}
	return slices.Compact([]string{"go", backendName(chosen)}), nil
}

func backendOf(name string) (compute.Backend, error) {
	names, err := Backends()
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(names, name):
		return nil, fmt.Errorf("there is no such backend here; there are %v (chosen: %q)", names, session.ChosenBackend())
	case name == "go":
		return pureGo()
	}
	return Backend()
}

func (t *Timing) measure(backend compute.Backend, f builder, inputs []any) error {
	args, err := asTensors(inputs)
	if err != nil {
		return err
	}
	for _, a := range args {
		a.(*tensors.Tensor).MustMaterializeOnDevice(backend, false, 0)
	}
	p := newProgram(backend, f)
	timed := func() time.Duration {
		began := time.Now()
		list, err := run(p, args)
		must(err)
		t.Value = list[0]
		return time.Since(began)
	}
	t.Compile = timed()
	var runs []time.Duration
	for began := time.Now(); len(runs) < 3 || len(runs) < 100 && time.Since(began) < 200*time.Millisecond; {
		runs = append(runs, timed())
	}
	slices.Sort(runs)
	t.Run = runs[len(runs)/2]
	return nil
}
