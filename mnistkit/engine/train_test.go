package engine

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

const rate = 0.01

// modern is a recipe with all that a step may do.
func modern(c session.Recipe) session.Recipe {
	c.Optimizer = session.AdamW(rate).WithGlobalClipNorm(0.5).WithEMA(0.9).WithSchedule(session.OneCycle(2))
	c.LabelSmoothing = 0.1
	return c
}

// TestResume: an epoch that was stopped and gone on with, in the same engine
// or from what was saved in a new one, is bit for bit one that was not.
func TestResume(t *testing.T) {
	set := blobs(30) // eight batches, the last of two
	order := make([]int32, set.Len())
	for i := range order {
		order[i] = int32(i * 7 % set.Len())
	}
	first := session.Epoch{Number: 1, Set: "train", Order: order, LearningRate: rate}
	second := session.Epoch{Number: 2, Set: "train", Order: slices.Concat(order[11:], order[:11]), LearningRate: rate / 2}
	for what, c := range map[string]session.Recipe{"small": small(), "modern": modern(small())} {
		t.Run(what, func(t *testing.T) { resume(t, c, set, first, second) })
	}
}

func resume(t *testing.T, c session.Recipe, set *data.Set, first, second session.Epoch) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		start := func() *Engine {
			e := opened(t, b, c)
			put(t, e, "train", set)
			return e
		}
		whole := start()
		wantFirst, wantSecond := train(t, whole, first), train(t, whole, second)
		want := weightsOf(t, whole)
		if !wantFirst.Done() || wantFirst.Of != 8 || wantFirst.Examples != 30 {
			t.Fatalf("the epoch went %+v", wantFirst)
		}

		e := start()
		for _, stop := range []int{0, 1, 7} {
			t.Logf("stopped after batch %d", stop)
			e.Close()
			e = start()
			p, err := e.Train(stopAfter(stop), first, nil)
			if err != nil || p.Batches != stop || p.Done() || p.Examples != 4*stop {
				t.Fatalf("%+v, %v", p, err)
			}
			if stop == 7 { // go on in another engine, as if in another process
				dir := filepath.Join(t.TempDir(), "state")
				if err := e.Save(dir); err != nil {
					t.Fatal(err)
				}
				e = start()
				if err := e.Load(dir); err != nil {
					t.Fatal(err)
				}
			}
			rest := first
			rest.From = p
			if diff := cmp.Diff(wantFirst, train(t, e, rest)); diff != "" {
				t.Errorf("the epoch differs: %s", diff)
			}
			if diff := cmp.Diff(wantSecond, train(t, e, second)); diff != "" {
				t.Errorf("the next epoch differs: %s", diff)
			}
			if diff := cmp.Diff(want, weightsOf(t, e)); diff != "" {
				t.Errorf("the weights differ: %s", diff)
			}
		}
	})
}

// TestEpochsDropAnew: dropout draws other masks in another epoch, and in every
// batch.
func TestEpochsDropAnew(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		run := func(number int, order []int32, from int) float64 {
			c := small()
			c.Optimizer = session.SGD(0)
			e := opened(t, b, c)
			put(t, e, "train", blobs(8))
			ep := session.Epoch{Number: number, Order: order, From: session.Partial{Batches: from}}
			return train(t, e, ep).Sums["loss"]
		}
		twice := []int32{0, 1, 2, 3, 0, 1, 2, 3}
		first := run(1, twice[:4], 0)
		if first != run(1, twice[:4], 0) || first == run(2, twice[:4], 0) {
			t.Error("an epoch's masks do not follow from its number")
		}
		if first == run(1, twice, 1) {
			t.Error("the second batch has the masks of the first")
		}
	})
}

// TestEvaluationKeepsState: evaluating and predicting between two epochs
// changes nothing, whatever they leave in the engine's counters.
func TestEvaluationKeepsState(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		set := blobs(12)
		run := func(look bool) map[string][]float32 {
			e := opened(t, b, small())
			put(t, e, "train", set)
			for n := 1; n <= 2; n++ {
				train(t, e, session.Epoch{Number: n, Order: firstIndices(12), LearningRate: rate})
				if look {
					evaluated(t, e, "train", nil)
					if _, err := e.Predict(context.Background(), "train"); err != nil {
						t.Fatal(err)
					}
				}
			}
			return weightsOf(t, e)
		}
		if diff := cmp.Diff(run(false), run(true)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestBackendsAgree: the same run on both backends has the same history.
func TestBackendsAgree(t *testing.T) {
	if len(started) < 2 {
		t.Skip("needs two backends; set GOMLX_BACKEND to XLA's plugin")
	}
	for what, c := range map[string]session.Recipe{"small": small(), "modern": modern(small())} {
		t.Run(what, func(t *testing.T) { agree(t, c) })
	}
}

func agree(t *testing.T, c session.Recipe) {
	histories := make([][]map[string]float64, len(started))
	for i, b := range started {
		e := opened(t, b, c)
		put(t, e, "train", blobs(40))
		for n := 1; n <= 4; n++ {
			p := train(t, e, session.Epoch{Number: n, Order: firstIndices(40), LearningRate: rate})
			histories[i] = append(histories[i], p.Means(), evaluated(t, e, "train", nil))
		}
	}
	for i, want := range histories[0] {
		nearOne(t, "loss", histories[1][i]["loss"], want["loss"], 1e-4)
		nearOne(t, "accuracy", histories[1][i]["accuracy"], want["accuracy"], 1e-6)
	}
}

// TestLearns: the model finds the classes of blobs, and Predict's answers
// score what Evaluate says.
func TestLearns(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e, set := opened(t, b, small()), blobs(61)
		put(t, e, "train", set)
		before := evaluated(t, e, "train", nil)
		for n := 1; n <= 8; n++ {
			train(t, e, session.Epoch{Number: n, Order: firstIndices(60), LearningRate: 0.02})
		}
		means := evaluated(t, e, "train", nil)
		if means["accuracy"] < 0.9 || means["loss"] > before["loss"]/2 {
			t.Errorf("from %v to %v in 8 epochs", before, means)
		}
		answers, err := e.Predict(context.Background(), "train")
		if err != nil || answers.Len() != set.Len() || !slices.Equal(answers.Shape, []int{3}) {
			t.Fatalf("%d answers of shape %v, %v", answers.Len(), answers.Shape, err)
		}
		right, loss := 0, 0.0
		for i, y := range set.Labels.I32 {
			p := answers.At(i)
			if math.Abs(p[0]+p[1]+p[2]-1) > 1e-5 {
				t.Fatalf("the probabilities of example %d are %v", i, p)
			}
			if slices.Index(p, slices.Max(p)) == int(y) {
				right++
			}
			loss -= math.Log(p[y])
		}
		nearOne(t, "accuracy of the predictions", float64(right)/61, means["accuracy"], 1e-6)
		penalty := 0.0
		for _, w := range weightsOf(t, e)["dense/kernel"] {
			penalty += 1e-3 * float64(w) * float64(w)
		}
		nearOne(t, "loss of the predictions", loss/61+penalty, means["loss"], 1e-4)
	})
}

// TestEvaluatePart: the mean over chosen examples is theirs alone, in any
// number, however they fill the batches of an evaluation.
func TestEvaluatePart(t *testing.T) {
	onBackends(t, func(t *testing.T, b compute.Backend) {
		e := opened(t, b, small())
		set := blobs(300)
		put(t, e, "all", set)
		one := func(i int32) map[string]float64 { return evaluated(t, e, "all", []int32{i}) }
		a, c := one(5), one(299)
		both := evaluated(t, e, "all", []int32{299, 5})
		nearOne(t, "loss of two", both["loss"], (a["loss"]+c["loss"])/2, 1e-5)
		put(t, e, "tail", set.Slice(32, 300))
		nearOne(t, "loss of 268", evaluated(t, e, "all", firstIndices(300)[32:])["loss"], evaluated(t, e, "tail", nil)["loss"], 1e-5)
	})
}

// TestProgress: progress comes while an epoch is trained, and never goes back.
func TestProgress(t *testing.T) {
	e := opened(t, started[0], small())
	put(t, e, "train", blobs(4))
	order := slices.Repeat([]int32{0, 1, 2, 3}, 50_000)
	last, heard := 0, 0
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, err := e.Train(ctx, session.Epoch{Number: 1, Set: "train", Order: order, LearningRate: rate}, func(p session.Partial) {
		if p.Batches <= last || p.Of != 50_000 || p.Examples != 4*p.Batches || p.Means()["loss"] <= 0 {
			t.Errorf("progress %+v after batch %d", p, last)
		}
		last = p.Batches
		if heard++; heard == 2 {
			cancel()
		}
	})
	if err != nil || heard != 2 || p.Done() || p.Batches != last {
		t.Errorf("%d reports, then %+v, %v; the training was to stop after the batch in hand", heard, p, err)
	}
}

// TestSaveIsWhole: what is saved are the model's weights and the optimiser's
// state, in a folder that is not there yet; a file that is short is an error.
func TestSaveIsWhole(t *testing.T) {
	e := opened(t, started[0], small())
	dir := filepath.Join(t.TempDir(), "new [1]")
	if err := e.Save(dir); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", "*.bin"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := checkSize(dir, info.Size()); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(files[0], info.Size()-4); err != nil {
		t.Fatal(err)
	}
	oneSentence(t, checkSize(dir, info.Size()), "bytes of the weights were written", "make room")
}
