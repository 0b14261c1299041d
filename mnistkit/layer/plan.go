package layer

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"gonblabs/mnistkit/internal/check"
)

// Step is one layer of a model in its place: named as Keras names it, with the
// shapes before and after it and its weights.
type Step struct {
	Layer    Layer
	Name     string // "conv2d_1": unique in the model
	From     []int  // the steps whose outputs it takes; -1 is the model's input
	InBranch bool   // stands in a branch of another layer
	In, Out  []int  // shapes; In is that of the first of From
	Params   []Param
}

// Plan checks the stack for inputs of the shape in and returns a Step for each
// layer, in the order in which they are computed. Layers in branches come
// before the layer that joins them.
//
//	steps, err := stack.Plan([]int{28, 28, 1})
//
// An error names the layer by its place and says what it was given.
func (s Stack) Plan(in []int) ([]Step, error) {
	if len(s) == 0 {
		return nil, fmt.Errorf("the model has no layers; give it at least one, such as layer.Dense(10)")
	}
	p := planner{in: in, named: map[string]int{}}
	_, err := p.stack(s, -1)
	return p.steps, err
}

type planner struct {
	in    []int // the model's input
	steps []Step
	named map[string]int // how many steps have a name, but for the number
	depth int            // of branches in branches
}

// shape is what step i gives.
func (p *planner) shape(i int) []int {
	if i < 0 {
		return p.in
	}
	return p.steps[i].Out
}

// stack plans s for the output of step from and returns its last step.
func (p *planner) stack(s Stack, from int) (int, error) {
	for i, l := range s {
		if l == nil {
			return 0, fmt.Errorf("layer %d of the model is nil; remove it or put a layer there", i+1)
		}
		if reflect.TypeOf(l).Kind() == reflect.Pointer {
			return 0, fmt.Errorf("layer %d is a pointer, %T; give the layer itself", i+1, l)
		}
		var err error
		if from, err = p.layer(l, from); err != nil {
			return 0, fmt.Errorf("layer %d, %s: %w", i+1, l.Kind(), err)
		}
	}
	return from, nil
}

// layer plans l, and its branches before it, and returns its step.
func (p *planner) layer(l Layer, from int) (int, error) {
	step := Step{Layer: l, From: []int{from}, InBranch: p.depth > 0}
	err := cmp.Or(check.Fields(l), p.allowed(l, from))
	if err != nil {
		return 0, err
	}
	if branchesOf(l) != nil {
		if step.From, step.Out, err = p.branches(l, from); err == nil {
			step.In = p.shape(step.From[0])
		}
	} else {
		step.In = p.shape(from)
		err = step.ask()
	}
	if err != nil {
		return 0, err
	}
	for _, p := range append(step.Params, Param{Shape: step.Out}) {
		if p.Size() > math.MaxInt32 {
			return 0, fmt.Errorf("it makes an array of shape %v, with more than %d values; make it, or its input, smaller", p.Shape, math.MaxInt32)
		}
	}
	name := snake(l.Kind())
	if step.Name = name; p.named[name] > 0 {
		step.Name = fmt.Sprintf("%s_%d", name, p.named[name])
	}
	p.named[name]++
	p.steps = append(p.steps, step)
	return len(p.steps) - 1, nil
}

// ask asks the layer what it does with inputs of the shape s.In.
func (s *Step) ask() (err error) {
	if c, ok := s.Layer.(CustomLayer); ok { // which finds it all at once
		if c, err = c.examine(s.In); err == nil {
			s.Layer, s.Out, s.Params = c, c.planned.Output, c.planned.Params
		}
	} else if s.Out, err = s.Layer.Output(s.In); err == nil {
		s.Params = s.Layer.Params(s.In)
	}
	return err
}

// allowed refuses layers at places where they make no sense.
func (p *planner) allowed(l Layer, from int) error {
	if _, ok := l.(Augmenting); ok && p.depth > 0 {
		return fmt.Errorf("it would move the pixels of one branch only; put it before the branches")
	}
	if _, ok := l.(EmbeddingLayer); ok && (p.depth > 0 || from >= 0) {
		return fmt.Errorf("it takes the data's word numbers; make it the model's first layer")
	}
	return nil
}

// branches plans the branches of l for the output of step from. It returns the
// last step of each, and the shape that l makes of their outputs.
func (p *planner) branches(l Layer, from int) (ends []int, out []int, err error) {
	p.depth++
	defer func() { p.depth-- }()
	branches := branchesOf(l)
	_, adds := l.(AddLayer)
	ends = make([]int, len(branches))
	shapes := make([][]int, len(branches))
	layers := 0
	for i, b := range branches {
		if ends[i], err = p.stack(b, from); err != nil {
			return nil, nil, fmt.Errorf("branch %d: %w", i+1, err)
		}
		shapes[i] = p.shape(ends[i])
		layers += len(b)
	}
	if len(branches) < 2 || layers == 0 {
		return nil, nil, fmt.Errorf("it needs at least two branches, and a layer in one of them")
	}
	for i, b := range branches {
		other := slices.IndexFunc(shapes, func(s []int) bool { return !slices.Equal(s, shapes[i]) })
		if !adds || len(b) > 0 || other < 0 {
			continue
		}
		l, err := projection(shapes[i], shapes[other]) // the shortcut has to fit the others
		if err != nil {
			return nil, nil, err
		}
		if ends[i], err = p.layer(l, from); err != nil {
			return nil, nil, err
		}
		shapes[i] = p.shape(ends[i])
	}
	out, err = join(shapes, adds)
	return ends, out, err
}

// Counts are a model's numbers of weights, as in the last lines of Keras'
// summary.
type Counts struct {
	Total        int `json:"total"`
	Trainable    int `json:"trainable"`
	NonTrainable int `json:"non_trainable"`
}

// Count adds up the weights of steps.
func Count(steps []Step) Counts {
	var c Counts
	for _, s := range steps {
		for _, p := range s.Params {
			c.Total += p.Size()
			if p.Trainable {
				c.Trainable += p.Size()
			}
		}
	}
	c.NonTrainable = c.Total - c.Trainable
	return c
}

// snake turns a class name into Keras' automatic layer name: "MaxPooling2D"
// becomes "max_pooling2d".
func snake(kind string) string {
	var name strings.Builder
	for i, letter := range kind {
		if i > 0 && unicode.IsUpper(letter) && unicode.IsLower(rune(kind[i-1])) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToLower(letter))
	}
	return name.String()
}
