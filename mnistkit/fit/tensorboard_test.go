package fit_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
)

// point is a scalar of an event file.
type point struct {
	step  uint64
	value float32
}

// field is the last field of a number in a message, as bytes or as a number.
func field(message []byte, wanted protowire.Number) (inner []byte, number uint64) {
	for len(message) > 0 {
		n, kind, size := protowire.ConsumeTag(message)
		message = message[size:]
		size = protowire.ConsumeFieldValue(n, kind, message)
		if n == wanted {
			switch kind {
			case protowire.BytesType:
				inner, _ = protowire.ConsumeBytes(message)
			case protowire.VarintType:
				number, _ = protowire.ConsumeVarint(message)
			case protowire.Fixed32Type:
				v, _ := protowire.ConsumeFixed32(message)
				number = uint64(v)
			}
		}
		message = message[size:]
	}
	return inner, number
}

// scalars reads one tag of the event file in a part of the run's folder; texts
// and histograms have the value 0.
func scalars(t *testing.T, folder, part, tag string) (list []point) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "events", part, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	contents, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	for len(contents) > 0 {
		size := 12 + int(contents[0]) + int(contents[1])<<8
		event := contents[12:size]
		contents = contents[size+4:]
		summary, _ := field(event, 5)
		value, _ := field(summary, 1)
		if name, _ := field(value, 1); string(name) == tag {
			_, step := field(event, 2)
			_, bits := field(value, 2)
			list = append(list, point{step, math.Float32frombits(uint32(bits))})
		}
	}
	return list
}

// TestTensorBoardOnce: whatever becomes of a run, its event files hold its
// history, each epoch once.
func TestTensorBoardOnce(t *testing.T) {
	folder := t.TempDir()
	keep := newKeeper(t)
	fitted := func(epochs int, rate float64) fit.History {
		t.Helper()
		job := newSession(10).job(t, epochs)
		job.Keeper, job.Folder, job.About, job.Recipe.Optimizer.LearningRate = keep, folder, "a model", rate
		job.Callbacks = []fit.Callback{fit.TensorBoard{}, fit.EvaluateOn{Name: "train", Set: func() (*data.Set, error) { return oneExample, nil }}}
		return done(t, job).History
	}
	same := func(when string, h fit.History) {
		t.Helper()
		for tag, metric := range map[[2]string]string{
			{"train", "epoch_loss"}: "loss", {"validation", "epoch_loss"}: "val_loss", {"train_data", "epoch_accuracy"}: "train_accuracy",
		} {
			var want []point
			for _, e := range h {
				want = append(want, point{uint64(e.Number), float32(e.Metrics[metric])})
			}
			if got := scalars(t, folder, tag[0], tag[1]); !slices.Equal(got, want) {
				t.Errorf("%s: %s of %s is %v, want %v", when, tag[1], tag[0], got, want)
			}
		}
		if texts := scalars(t, folder, "train", "model"); len(texts) != 1 {
			t.Errorf("%s: the model is there %d times", when, len(texts))
		}
	}
	same("at first", fitted(2, 0.1))
	same("resumed", fitted(4, 0.1))
	same("replayed", fitted(3, 0.1))

	keep.h, keep.last = keep.h[:2], filepath.Join(keep.dir, "1") // a crash after epoch 4, the last save after 2
	same("trained again", fitted(3, 0.1))
	*keep = *newKeeper(t) // a crash before the first save
	same("from the beginning, otherwise", fitted(2, 0.5))
}
