package layer

import (
	"fmt"
	"slices"
	"sync"
)

func init() { register[CustomLayer]() }

// CustomLayer is a layer written as a graph function; engine.Layer makes it.
// Its name joins this description to the function, which lives in the program
// that trains.
type CustomLayer struct {
	Name string `json:"name"`
	// Fingerprint changes when the function is edited; a plan fills it in.
	Fingerprint string `json:"fingerprint,omitempty"`

	number  int       // of its declaration; 0 for a layer read from a record
	planned *Function // nil for a layer that is not from a plan
}

// Function is what a program finds out about a graph function for inputs of
// one shape.
type Function struct {
	Output      []int   // the shape that it gives
	Params      []Param // its weights
	Fingerprint string  // equal for functions that compute the same
	Build       any     // the function itself, for the engine that runs it
}

var (
	functionsMu sync.Mutex
	functions   = map[string]declared{}
	count       int
)

// declared is how a Function is found out, and the number of its declaration.
type declared struct {
	examine func(in []int) (Function, error)
	number  int
}

// Custom describes a graph function under a name; examine finds out what it does
// with inputs of the shape in. A later function of the same name takes its
// place, and the earlier layer is refused from then on.
func Custom(name string, examine func(in []int) (Function, error)) CustomLayer {
	functionsMu.Lock()
	defer functionsMu.Unlock()
	count++
	functions[name] = declared{examine, count}
	return CustomLayer{Name: name, number: count}
}

func (c CustomLayer) declared() (declared, error) {
	functionsMu.Lock()
	defer functionsMu.Unlock()
	f, ok := functions[c.Name]
	if !ok {
		return f, fmt.Errorf("the function of layer %q is not in this program; declare it with engine.Layer(%q, …)", c.Name, c.Name)
	}
	if c.number != 0 && c.number != f.number {
		return f, fmt.Errorf("two functions are called %q; give each its own name", c.Name)
	}
	return f, nil
}

// examine finds out what the graph function does, and its fingerprint. A layer
// from a record has to find the function that the record speaks of.
func (c CustomLayer) examine(in []int) (l Layer, out []int, params []Param, err error) {
	d, err := c.declared()
	if err != nil {
		return c, nil, nil, err
	}
	f, err := d.examine(in)
	if err != nil {
		return c, nil, nil, err
	}
	if c.Fingerprint != "" && c.Fingerprint != f.Fingerprint {
		return c, nil, nil, fmt.Errorf("the function of layer %q is not the one that the model was trained with (or version 0.1 trained it, whose fingerprints said less); bring that one back, or train the model anew", c.Name)
	}
	c.Fingerprint, c.planned = f.Fingerprint, &f
	return c, f.Output, f.Params, nil
}

// Planned is what a plan found out about the function; nil for a layer that is not
// from a plan.
func (c CustomLayer) Planned() *Function { return c.planned }

// Kind is "Custom".
func (CustomLayer) Kind() string { return "Custom" }

// Output examines the graph function.
func (c CustomLayer) Output(in []int) ([]int, error) {
	_, out, _, err := c.examine(in)
	return out, err
}

// Params examines the graph function.
func (c CustomLayer) Params(in []int) []Param {
	_, _, params, _ := c.examine(in) // Output has told of the error
	return params
}

// Identified is the stack with the fingerprints of its graph functions filled
// in, so that an edited function is seen to be another; steps are its plan.
func (s Stack) Identified(steps []Step) Stack {
	return s.Map(func(l Layer) Layer {
		if _, ok := l.(CustomLayer); !ok {
			return l
		}
		at := slices.IndexFunc(steps, func(s Step) bool { return s.Layer.Kind() == l.Kind() })
		l, steps = steps[at].Layer, steps[at+1:]
		return l
	})
}
