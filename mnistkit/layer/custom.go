package layer

import (
	"encoding/json"
	"fmt"
)

func init() { register[CustomLayer]() }

// CustomLayer is a layer written as a graph function; engine.Layer makes it.
// Its name joins this description to the function, which lives in the program
// that trains.
type CustomLayer struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`

	shape  func(in []int) ([]int, error)
	params func(in []int) []Param
}

// Custom describes the graph function called name; shape gives its output's
// shape and params its weights.
func Custom(name string, shape func(in []int) ([]int, error), params func(in []int) []Param) CustomLayer {
	return CustomLayer{Name: name, shape: shape, params: params}
}

// Kind is "Custom".
func (CustomLayer) Kind() string { return "Custom" }

// Output asks the graph function.
func (c CustomLayer) Output(in []int) ([]int, error) {
	if c.shape == nil {
		return nil, fmt.Errorf("the function of layer %q is not in this program; import the package that calls engine.Layer(%q, …)", c.Name, c.Name)
	}
	return c.shape(in)
}

// Params asks the graph function.
func (c CustomLayer) Params(in []int) []Param {
	if c.params == nil {
		return nil
	}
	return c.params(in)
}
