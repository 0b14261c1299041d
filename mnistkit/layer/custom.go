package layer

import (
	"fmt"
	"slices"
	"sync"
)

// CustomLayer is a layer written as a graph function; engine.Layer makes it.
// Its name joins this description to the function, which lives in the program
// that trains.
type CustomLayer struct {
	Name string `json:"name"`
	// Fingerprint changes when the function is edited; a plan fills it in.
	Fingerprint string `json:"fingerprint,omitempty"`

	declared *examiner // nil for a layer read from a record
	planned  *Function // nil for a layer that is not from a plan
}

// Function is what a program finds out about a graph function for inputs of
// one shape.
type Function struct {
	Output      []int   // the shape that it gives
	Params      []Param // its weights
	Fingerprint string  // equal for functions that compute the same
	Build       any     // the function itself, for the engine that runs it
}

// examiner finds out what a function does with inputs of the shape in.
type examiner = func(in []int) (Function, error)

// functions holds the *examiner of each declared function, by its name.
var functions sync.Map

// Custom describes a graph function under a name; examine finds out what it does
// with inputs of the shape in. A later function of the same name takes its
// place, and the earlier layer is refused from then on.
func Custom(name string, examine func(in []int) (Function, error)) CustomLayer {
	functions.Store(name, &examine)
	return CustomLayer{Name: name, declared: &examine}
}

// examine is the layer with what its graph function does, nothing with an error, and the
// fingerprint of that. A layer from a record has to find the function that the record speaks of.
func (c CustomLayer) examine(in []int) (CustomLayer, error) {
	c.planned = &Function{}
	known, ok := functions.Load(c.Name)
	if !ok {
		return c, fmt.Errorf("the function of layer %q is not in this program; declare it with engine.Layer(%q, …)", c.Name, c.Name)
	}
	if c.declared != nil && c.declared != known {
		return c, fmt.Errorf("two functions are called %q; give each its own name", c.Name)
	}
	found, err := (*known.(*examiner))(in)
	if err != nil {
		return c, err
	}
	if c.Fingerprint != "" && c.Fingerprint != found.Fingerprint {
		return c, fmt.Errorf("the function of layer %q is not the one that the model was trained with (or version 0.1 trained it, whose fingerprints said less); bring that one back, or train the model anew", c.Name)
	}
	c.Fingerprint, c.planned = found.Fingerprint, &found
	return c, nil
}

// Planned is what a plan found out about the function; nil for a layer that is not
// from a plan.
func (c CustomLayer) Planned() *Function { return c.planned }

// Output examines the graph function.
func (c CustomLayer) Output(in []int) ([]int, error) {
	c, err := c.examine(in)
	return c.planned.Output, err
}

// Params examines the graph function; Output has told of its errors.
func (c CustomLayer) Params(in []int) []Param {
	c, _ = c.examine(in)
	return c.planned.Params
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
