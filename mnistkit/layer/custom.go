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
	// Print tells the function from an edited one; Identified fills it in.
	Print string `json:"fingerprint,omitempty"`

	number int // of its declaration; 0 for a layer read from a record
}

// Function is what a program knows of a graph function, for inputs of the
// shape in.
type Function struct {
	Shape  func(in []int) ([]int, error) // of the output
	Params func(in []int) []Param        // its weights
	Print  func(in []int) string         // equal for functions that compute the same
}

var (
	functionsMu sync.Mutex
	functions   = map[string]declared{}
	count       int
)

// declared is a Function and the number of its declaration.
type declared struct {
	Function
	number int
}

// Custom describes the graph function f under a name. A later one of the same
// name takes its place, and the earlier layer is refused from then on.
func Custom(name string, f Function) CustomLayer {
	functionsMu.Lock()
	defer functionsMu.Unlock()
	count++
	functions[name] = declared{f, count}
	return CustomLayer{Name: name, number: count}
}

func (c CustomLayer) function() (Function, error) {
	functionsMu.Lock()
	defer functionsMu.Unlock()
	f, ok := functions[c.Name]
	if !ok {
		return f.Function, fmt.Errorf("the function of layer %q is not in this program; declare it with engine.Layer(%q, …)", c.Name, c.Name)
	}
	if c.number != 0 && c.number != f.number {
		return f.Function, fmt.Errorf("two functions are called %q; give each its own name", c.Name)
	}
	return f.Function, nil
}

// Kind is "Custom".
func (CustomLayer) Kind() string { return "Custom" }

// Output asks the graph function.
func (c CustomLayer) Output(in []int) ([]int, error) {
	f, err := c.function()
	if err != nil {
		return nil, err
	}
	return f.Shape(in)
}

// Params asks the graph function.
func (c CustomLayer) Params(in []int) []Param {
	f, err := c.function()
	if err != nil {
		return nil
	}
	return f.Params(in)
}

// Identified is the stack with the fingerprints of its graph functions filled
// in, so that an edited function is seen to be another; steps are its plan.
func (s Stack) Identified(steps []Step) Stack {
	return s.Map(func(l Layer) Layer {
		c, ok := l.(CustomLayer)
		if !ok {
			return l
		}
		at := slices.IndexFunc(steps, func(s Step) bool { return s.Layer.Kind() == c.Kind() })
		if f, err := c.function(); err == nil {
			c.Print = f.Print(steps[at].In)
		}
		steps = steps[at+1:]
		return c
	})
}
