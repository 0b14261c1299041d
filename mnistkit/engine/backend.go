package engine

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/gobackend" // the backend "go", which needs nothing
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"gonblabs/mnistkit/engine/compiled"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/session"
)

// Backend is the backend on which this program computes; it is started once. It is
// $GOMLX_BACKEND, else the one that set-up chose for the checkout, else "go".
//
//	backend, err := engine.Backend()
//
// It never installs anything, and it is an error if that backend does not start.
var Backend = sync.OnceValues(func() (compute.Backend, error) {
	config := session.ChosenBackend()
	kind, _, _ := strings.Cut(config, ":")
	if os.Getenv("GOMLX_BACKEND") == "" && !slices.Contains(compute.List(), kind) {
		config = "go" // a program without C has no XLA
	}
	return startBackend(config)
})

var pureGo = sync.OnceValues(func() (compute.Backend, error) { return startBackend("go") })

func startBackend(config string) (backend compute.Backend, err error) {
	// GoMLX would otherwise look for plugins on the internet at every start.
	if os.Getenv("GOMLX_NO_AUTO_INSTALL") == "" {
		os.Setenv("GOMLX_NO_AUTO_INSTALL", "1")
	}
	// XLA would use all processors of the machine; Go knows how many a container gives it.
	if os.Getenv("PJRT_NPROC") == "" {
		os.Setenv("PJRT_NPROC", strconv.Itoa(runtime.GOMAXPROCS(0)))
	}
	err = guard(fmt.Sprintf("start the backend %q", config), func() (err error) {
		backend, err = compute.NewWithConfig(config)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w; run: %s, or set GOMLX_BACKEND=go", err, files.Command("doctor"))
	}
	if !strings.Contains(config, "parallelism=") { // nobody asked for another number
		unlimitWorkers(backend)
	}
	return backend, nil
}

// unlimitWorkers lets the pure-Go backend start every operation that is ready. A convolution
// keeps its worker while it waits for others to do its parts, so that as many at once as
// there are workers would wait for ever. The option "parallelism=-1" also prints a line.
func unlimitWorkers(b compute.Backend) {
	if field := reflect.Indirect(reflect.ValueOf(b)).FieldByName("Workers"); field.IsValid() {
		if workers, ok := field.Interface().(interface{ SetMaxParallelism(int) }); ok {
			workers.SetMaxParallelism(-1)
		}
	}
}

// backendName is how the backend is spoken of: "go", "xla:cpu", "xla:cuda".
func backendName(b compute.Backend) string {
	if b.Name() != "xla" {
		return "go"
	}
	if strings.Contains(strings.ToLower(b.Description()), "cuda") {
		return "xla:cuda"
	}
	return "xla:cpu"
}

// guard runs f and turns a panic of the graph library into an error that says
// what was being done. So f calls the library's functions that panic.
func guard(doing string, f func() error) error {
	err := catch(f)
	if err == nil {
		return nil
	}
	if _, bytes, found := strings.Cut(err.Error(), "Out of memory allocating "); found { // XLA
		bytes, _, _ = strings.Cut(bytes, ".")
		return fmt.Errorf("cannot %s: there is no memory for another %s; use a smaller BatchSize, or smaller layers", doing, bytes)
	}
	return fmt.Errorf("cannot %s: %w", doing, check.FirstLine(err))
}

// catch runs f and gives a panic as its error.
func catch(f func() error) (err error) {
	defer func() { check.Caught(recover(), &err) }()
	return f()
}

// must panics with an error, as the graph library does; guard makes one of it again.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// CheckResult is what Check found.
type CheckResult struct {
	Backend       string  `json:"backend"`
	Description   string  `json:"description"`
	OK            bool    `json:"ok"`
	MaxDifference float64 `json:"max_difference"` // a share of the largest number
	Convolutions  string  `json:"convolutions"`   // the library that computes them, "oneDNN 3.2.0", or why XLA does
	Gain          float64 `json:"gain"`           // how many times as fast as XLA the library is; 0 without one
}

// tolerance is how far a backend may differ from pure Go in sums of a few hundred float32
// products. A GPU rounds the factors of a convolution to the 11 bits of TF32.
func tolerance(backend string) float64 {
	if backend == "xla:cuda" {
		return 1e-2
	}
	return 1e-3
}

// Check computes a matrix product and the gradient of a convolution on the
// chosen backend and on the pure-Go one, and compares them.
//
//	result, err := engine.Check()
func Check() (CheckResult, error) {
	backend, err := Backend()
	pure, errPure := pureGo()
	if err = cmp.Or(err, errPure); err != nil {
		return CheckResult{}, err
	}
	r := CheckResult{Backend: backendName(backend), Description: backend.Description()}
	err = guard("compare the backends", func() error {
		got, err := run(newProgram(backend, checkValues), nil)
		want, errPure := run(newProgram(pure, checkValues), nil)
		must(cmp.Or(err, errPure))
		for i := range want {
			r.MaxDifference = max(r.MaxDifference, relativeDifference(got[i].Values(), want[i].Values())) // NaN, once there, stays
		}
		name, err := compiled.Library()
		if r.Convolutions = name; err != nil {
			r.Convolutions = err.Error()
		} else {
			r.Gain = gain(backend)
		}
		r.OK = r.MaxDifference < tolerance(r.Backend)
		if !r.OK {
			return fmt.Errorf("%s differs from the pure-Go backend by %.2g of the largest number", r.Backend, r.MaxDifference)
		}
		return nil
	})
	return r, err
}

// relativeDifference is the largest distance between got and want, as a share of the
// largest number wanted; NaN if something is no number.
func relativeDifference(got, want []float64) float64 {
	distance, largest := 0.0, 0.0
	for i := range want {
		distance = max(distance, math.Abs(got[i]-want[i]))
		largest = max(largest, math.Abs(want[i]))
	}
	return distance / largest
}

func checkValues(g *graph.Graph, _ []*graph.Node) []*graph.Node {
	ramp := func(step float64, dims ...int) *graph.Node {
		x := graph.IotaFull(g, shapes.Make(dtypes.Float32, dims...))
		return graph.Sin(graph.MulScalar(x, step))
	}
	product := graph.MatMul(ramp(0.7, 20, 30), ramp(0.3, 30, 10))
	x, kernel := ramp(0.11, 9, 8, 8, 3), ramp(0.13, 3, 3, 3, 4)
	y := graph.Convolve(x, kernel).PadSame().Done()
	gradients := graph.Gradient(graph.ReduceAllSum(graph.Mul(y, y)), x, kernel)
	return append(gradients, product)
}

// gain is how many times as fast as XLA the library for convolutions computes a layer of 64
// filters and its gradients. Both take turns, so that other programs disturb both.
func gain(b compute.Backend) float64 {
	step := func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		y := graph.Convolve(in[0], in[1]).PadSame().Done()
		return graph.Gradient(graph.ReduceAllSum(graph.Square(y)), in[0], in[1])
	}
	args := []any{tensors.FromShape(shapes.Make(dtypes.Float32, 32, 14, 14, 32)), tensors.FromShape(shapes.Make(dtypes.Float32, 3, 3, 32, 64))}
	seconds := func(p *graph.Exec) float64 {
		began := time.Now()
		_, err := run(p, args)
		must(err)
		return time.Since(began).Seconds()
	}
	direct, own := newProgram(b, step), newProgram(b, step)
	seconds(direct)
	compiled.ByXLA(func() { seconds(own) })
	var ratios []float64
	for range 31 {
		ratios = append(ratios, seconds(own)/seconds(direct))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}
