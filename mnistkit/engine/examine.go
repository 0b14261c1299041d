package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	mltrain "github.com/gomlx/gomlx/ml/train"

	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/layer"
)

// fingerprintFormat changes when fingerprints of functions that stayed as they
// were do.
const fingerprintFormat = 2

// examinedBatch is a number of examples that nobody writes into a function, so that a
// division by the size of the batch is not taken for one by a number.
const examinedBatch = 7

// A graph's text holds all values of its constants only if it is told to keep
// them.
func init() { graph.MinConstValueSizeToKeep = math.MaxInt }

// examine finds out what a graph function does with examples of shape in. A
// function that needs what the pure-Go backend lacks is built on the chosen one.
func examine(name string, f LayerFunc, in []int) (found layer.Function, err error) {
	if f == nil {
		return found, fmt.Errorf("the function of layer %q is nil; give engine.Layer one", name)
	}
	for _, backend := range []func() (compute.Backend, error){pureGo, Backend} {
		err = guard(fmt.Sprintf("build layer %q for inputs of shape %v", name, in), func() error {
			b, err := backend()
			if err != nil {
				return err
			}
			x := examination{backend: b, f: f, in: in, store: model.NewStore(), sum: sha256.New()}
			found, err = x.all()
			return err
		})
		if !errors.Is(err, notimplemented.NotImplementedError) {
			break
		}
	}
	return found, err
}

// examination is one function at work on one shape; sum takes the text of all
// that decides what the function computes.
type examination struct {
	backend compute.Backend
	f       LayerFunc
	in      []int
	store   *model.Store
	sum     hash.Hash

	drawingOne sync.Mutex
}

func (x *examination) all() (found layer.Function, err error) {
	fmt.Fprintln(x.sum, "format", fingerprintFormat)
	must(x.store.SetRNGStateFromSeed(0))
	if found.Output, err = x.build(false); err != nil {
		return found, err
	}
	_, err = x.build(true)
	if errors.Is(err, notimplemented.NotImplementedError) {
		return found, err
	}
	if err != nil { // told when it is trained; the model may be there to be evaluated
		fmt.Fprintln(x.sum, "cannot be trained")
	}
	if found.Params, err = x.weights(); err != nil {
		return found, err
	}
	found.Build = x.f
	found.Fingerprint = fmt.Sprintf("%x", x.sum.Sum(nil))[:16]
	return found, nil
}

// unseen are the parts of a graph's text that change nothing: names of nodes,
// and that a node is to be logged.
var unseen = regexp.MustCompile(`(?m)^(\t#\d+\tNode #\d+) \["(?:[^"\\]|\\.)*"\]| \[Logged\]`)

// build notes the graph of evaluation or of training, with the gradients of all
// that it gives, and returns the shape of its output.
func (x *examination) build(training bool) (out []int, err error) {
	g := graph.NewGraph(x.backend, "examination")
	defer g.Finalize()
	defer func() {
		_, text, _ := strings.Cut(g.String(), "\n") // the first line names the graph
		fmt.Fprintln(x.sum, unseen.ReplaceAllString(text, "$1"))
	}()
	err = catch(func() error {
		model.SetStore(g, x.store)
		x.store.SetTraining(g, training)
		input := graph.Parameter(g, "x", shapes.Make(dtypes.Float32, append([]int{examinedBatch}, x.in...)...))
		y := x.f(x.store.Scope(modelScope), input)
		if y.Rank() < 1 || y.Shape().Dimensions[0] != examinedBatch {
			return fmt.Errorf("it turns a batch %v into %v; the first axis, the batch, must stay", input.Shape().Dimensions, y.Shape().Dimensions)
		}
		out = y.Shape().Dimensions[1:]
		fmt.Fprintln(x.sum, "gives", y.Id())
		loss := graph.ReduceAllSum(y)
		if term := mltrain.TotalLoss(g); term != nil {
			fmt.Fprintln(x.sum, "adds to the loss", term.Id())
			loss = graph.Add(loss, term)
		}
		if training {
			x.differentiate(loss, input)
			mltrain.ExecPerStepUpdateGraphFn(g)
		}
		for v := range x.store.IterVariables() {
			if v.InUseByGraph(g) {
				fmt.Fprintln(x.sum, v.Path(), "becomes", v.NodeValue(g).Id())
			}
		}
		return nil
	})
	return out, err
}

// differentiate adds the gradients, which a function may have rules of its own
// for. Where one is missing, those before it are in the graph.
func (x *examination) differentiate(loss, input *graph.Node) {
	to := []*graph.Node{input}
	for v := range x.store.IterVariables() {
		if v.Trainable && v.InUseByGraph(loss.Graph()) {
			to = append(to, v.NodeValue(loss))
		}
	}
	err := catch(func() error {
		for _, d := range graph.Gradient(loss, to...) {
			fmt.Fprintln(x.sum, "gradient", d.Id())
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(x.sum, check.FirstLine(err))
	}
}

// weights notes the variables and how each is first drawn.
func (x *examination) weights() (list []layer.Param, err error) {
	var drawn []*model.Variable // by an initialiser of GoMLX
	all, _ := x.store.GetParam(weightsParam)
	ours, _ := all.(map[string]layer.Param)
	for v := range x.store.IterVariables() {
		fmt.Fprintln(x.sum, v.Path(), v.Shape(), v.Trainable)
		if !strings.HasPrefix(v.Path(), modelScope+"/") {
			continue // random numbers of GoMLX, which follow from the seed
		}
		if v.DType() != dtypes.Float32 {
			return nil, fmt.Errorf("its weight %q is of type %s; make it float32", v.Name(), v.DType())
		}
		p := layer.Param{Name: strings.TrimPrefix(v.Path(), modelScope+"/"), Shape: v.Shape().Dimensions, Trainable: v.Trainable}
		own, isOwn := ours[v.Path()]
		switch {
		case isOwn:
			inputs, units := own.Fans()
			fmt.Fprintln(x.sum, own.Init, inputs, units)
			p.Draw = func(name string, seed uint64) []float32 {
				scope, _ := model.SplitPath(weightPath(name, p.Name))
				return own.Initial(scope, seed)
			}
		case v.HasValue():
			values := tensors.MustCopyFlatData[float32](v.MustValue())
			fmt.Fprintln(x.sum, values)
			p.Draw = func(string, uint64) []float32 { return values }
		default:
			drawn = append(drawn, v)
			p.Draw = x.drawing(v)
			must(v.SetValue(tensors.FromShape(v.Shape()))) // so that none is initialised but the one that is asked for
		}
		list = append(list, p)
	}
	for _, v := range drawn {
		err := x.initialize(v, 0, func(e *model.Exec) error {
			defer e.Finalize()
			g, err := e.Compile()
			if err != nil {
				return err
			}
			_, text, _ := strings.Cut(g.String(), "\n")
			fmt.Fprintln(x.sum, v.Path(), text)
			return errNoted
		})
		if !errors.Is(err, errNoted) {
			return nil, err
		}
		must(v.SetValue(tensors.FromShape(v.Shape())))
	}
	return list, nil
}

// errNoted ends an initialisation whose graph is all that was wanted.
var errNoted = errors.New("the graph is noted")

// initialize draws v by GoMLX's initialiser, on the backend of the examination, so
// that all backends begin with the same values.
func (x *examination) initialize(v *model.Variable, seed int64, config func(*model.Exec) error) error {
	if err := x.store.SetRNGStateFromSeed(seed); err != nil {
		return err
	}
	if err := v.Reset(); err != nil {
		return err
	}
	return x.store.InitializeVariables(x.backend, config)
}

// drawing gives the first values of v in a layer of some name.
func (x *examination) drawing(v *model.Variable) func(name string, seed uint64) []float32 {
	return func(name string, seed uint64) []float32 {
		x.drawingOne.Lock() // the store is one for all engines of this plan
		defer x.drawingOne.Unlock()
		h := fnv.New64a()
		fmt.Fprint(h, name, v.Path(), seed)
		must(x.initialize(v, int64(h.Sum64()), nil))
		return tensors.MustCopyFlatData[float32](v.MustValue())
	}
}
