package fit_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/session"
)

// fakeSession is an engine whose weights are one number, a digest of all that
// it was trained with, in order: epochs, examples, learning rates. Two runs
// with the same weights were trained alike.
type fakeSession struct {
	examples, batch int
	weights         uint64

	onTrain    func(trained)     // hears of every call of Train
	onEvaluate func()            // hears of every evaluation
	onBatch    func(batches int) // hears of every batch
	fail       map[string]error  // by method
	calls      []string
}

type trained struct{ session.Epoch }

func newSession(examples int) *fakeSession { return &fakeSession{examples: examples, batch: 4} }

func (s *fakeSession) call(method string) error {
	s.calls = append(s.calls, method)
	return s.fail[method]
}

func (s *fakeSession) mix(values ...uint64) {
	h := fnv.New64a()
	for _, v := range append([]uint64{s.weights}, values...) {
		_ = binary.Write(h, binary.LittleEndian, v)
	}
	s.weights = h.Sum64()
}

// level is a number from 0 to 1 that the weights decide.
func (s *fakeSession) level() float64 { return float64(s.weights>>11) / (1 << 53) }

func (s *fakeSession) Train(ctx context.Context, e session.Epoch, progress func(session.Partial)) (session.Partial, error) {
	p := e.From
	if err := s.call("train"); err != nil {
		return p, err
	}
	if s.onTrain != nil {
		s.onTrain(trained{e})
	}
	sums := map[string]float64{"loss": p.Sums["loss"], "accuracy": p.Sums["accuracy"]}
	p.Of = (len(e.Order) + s.batch - 1) / s.batch
	for p.Batches < p.Of && ctx.Err() == nil {
		batch := e.Order[p.Batches*s.batch : min(len(e.Order), (p.Batches+1)*s.batch)]
		for _, i := range batch {
			s.mix(uint64(e.Number), uint64(i), uint64(e.LearningRate*1e9))
		}
		sums["loss"] += s.level() * float64(len(batch))
		sums["accuracy"] += (1 - s.level()) * float64(len(batch))
		p.Batches++
		p.Examples += len(batch)
		p.Sums = sums
		progress(p)
		if s.onBatch != nil {
			s.onBatch(p.Batches)
		}
	}
	return p, nil
}

func (s *fakeSession) Evaluate(ctx context.Context, set string, indices []int32) (map[string]float64, error) {
	if err := s.call("evaluate"); err != nil {
		return nil, err
	}
	if s.onEvaluate != nil {
		s.onEvaluate()
	}
	if ctx.Err() != nil {
		return nil, errors.New("stopped before the end")
	}
	return map[string]float64{"loss": s.level(), "accuracy": 1 - s.level()}, nil
}

func (s *fakeSession) Save(dir string) error {
	if err := s.call("save"); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "weights"), []byte(strconv.FormatUint(s.weights, 10)), 0o644)
}

func (s *fakeSession) Load(dir string) error {
	if err := s.call("load"); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, "weights"))
	if err == nil {
		s.weights, err = strconv.ParseUint(string(b), 10, 64)
	}
	return err
}

func (s *fakeSession) Backend() string                                     { return "fake" }
func (s *fakeSession) Put(string, *data.Set, int) error                    { return nil }
func (s *fakeSession) Predict(context.Context, string) (data.Array, error) { return data.Array{}, nil }
func (s *fakeSession) Weights() ([]session.Weight, error)                  { return nil, nil }
func (s *fakeSession) SetWeights([]session.Weight) error                   { return nil }
func (s *fakeSession) Close() error                                        { return s.call("close") }

// job is a fit of the run with this session as its engine.
func (s *fakeSession) job(t *testing.T, epochs int) fit.Job {
	return fit.Job{
		Run: "test/run", Epochs: epochs,
		Recipe:   session.Recipe{InputType: "float32", BatchSize: s.batch, Seed: 1, Optimizer: session.SGD(0.1), Metrics: []string{"accuracy"}},
		Examples: s.examples, Validates: true,
		Open:   func() (session.Session, error) { return s, s.call("open") },
		Keeper: newKeeper(t), Watcher: &fakeWatcher{},
	}
}

// oneExample is a set for an EvaluateOn.
var oneExample = &data.Set{Name: "one", Inputs: data.Array{F32: []float32{1}}, Labels: data.Array{F32: []float32{1}}}

// fakeKeeper keeps a run in memory and its weights in folders.
type fakeKeeper struct {
	dir     string
	h       fit.History
	partial session.Partial
	saves   int
	last    string // folder
	best    int
	bestDir string
	named   map[string]int // epochs
	fail    error
}

func newKeeper(t *testing.T) *fakeKeeper {
	return &fakeKeeper{dir: t.TempDir(), named: map[string]int{}}
}

func (k *fakeKeeper) Load() (folder string, h fit.History, p session.Partial, err error) {
	return k.last, slices.Clone(k.h), k.partial, k.fail
}

func (k *fakeKeeper) SaveLast(h fit.History, p session.Partial, save func(string) error) error {
	dir, err := k.write(save)
	if err == nil {
		k.h, k.partial, k.last = slices.Clone(h), p, dir
	}
	return err
}

func (k *fakeKeeper) SaveBest(epoch int, save func(string) error) error {
	dir, err := k.write(save)
	if err == nil {
		k.best, k.bestDir = epoch, dir
	}
	return err
}

func (k *fakeKeeper) SaveAs(name, series string, newest, epoch int, save func(string) error) error {
	dir, err := k.write(save)
	k.named[name] = epoch
	_ = dir
	return err
}

func (k *fakeKeeper) SavedEpoch(name string) int {
	if name == "best" {
		return k.best
	}
	return k.named[name]
}

func (k *fakeKeeper) write(save func(string) error) (string, error) {
	k.saves++
	dir := filepath.Join(k.dir, strconv.Itoa(k.saves))
	return dir, save(dir)
}

// weights is the number in a folder that a fakeSession saved.
func (k *fakeKeeper) weights(t *testing.T, dir string) uint64 {
	t.Helper()
	s := newSession(0)
	if err := s.Load(dir); err != nil {
		t.Fatal(err)
	}
	return s.weights
}

// fakeWatcher notes what it is told.
type fakeWatcher struct {
	events []string
	start  fit.Start
	end    fit.Outcome
	epochs int
}

func (w *fakeWatcher) Began(s fit.Start) { w.events, w.start = append(w.events, "began"), s }
func (w *fakeWatcher) Progressed(epoch int, p session.Partial, seconds float64) {
	w.note("progress " + strconv.Itoa(epoch))
}
func (w *fakeWatcher) EpochEnded(h fit.History) { w.note("epoch " + strconv.Itoa(len(h))); w.epochs++ }
func (w *fakeWatcher) Ended(o fit.Outcome)      { w.note("ended"); w.end = o }

// note drops repetitions.
func (w *fakeWatcher) note(event string) {
	if n := len(w.events); n == 0 || w.events[n-1] != event {
		w.events = append(w.events, event)
	}
}

// done does a job that must succeed.
func done(t *testing.T, job fit.Job) fit.Outcome {
	t.Helper()
	out, err := fit.Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// numbers are a history without its times.
func numbers(h fit.History) fit.History {
	h = slices.Clone(h)
	for i := range h {
		h[i].Seconds = 0
	}
	return h
}
