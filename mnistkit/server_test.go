package mnistkit_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
)

// embedded is a run as go:embed brings it into a program, and what it says of its test set.
func embedded(t *testing.T, r kit.Run) (kit.Run, score.Predictions) {
	t.Helper()
	fitted(t, r, 2)
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.Predict(test)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.mnistkit")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	contents, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string][]byte{
		"cut short": contents[:len(contents)/2], "damaged": bytes.Replace(contents, []byte(`"epoch":`), []byte(`"apoch":`), 1),
	} {
		if _, err := kit.OpenFS(fstest.MapFS{"x": {Data: wrong}}, "x"); err == nil || !strings.Contains(err.Error(), "write it anew") && !strings.Contains(err.Error(), "write one") {
			t.Errorf("%s: %v", name, err)
		}
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	t.Setenv("HOME", nowhere)
	t.Setenv("XDG_CACHE_HOME", nowhere)
	t.Setenv("MNISTKIT_RUNS", nowhere)
	t.Chdir(t.TempDir())
	m, err := kit.OpenFS(fstest.MapFS{"model.mnistkit": {Data: contents}}, "model.mnistkit")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		left, _ := os.ReadDir(".")
		if _, err := os.Stat(nowhere); err == nil || len(left) > 0 {
			t.Errorf("something was written: %v, %v", left, err)
		}
	})
	return m, want
}

// near says whether answers differ by no more than rounding does, which depends on the size of a batch and on the processor.
func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return max(x-y, y-x) < 1e-5*max(1, x, -x) })
}

// TestServer: any number of goroutines ask, each about some examples, and each has the answers of Predict.
func TestServer(t *testing.T) {
	digits, want := embedded(t, small(t))
	if p, err := digits.Predict(want.Data); err != nil || !near(p.Values, want.Values) {
		t.Errorf("Predict of a model in memory: %v", err)
	}
	if _, err := digits.With("another", func(r *kit.Run) { r.Seed++ }).Predict(want.Data); err == nil || !strings.Contains(err.Error(), "has not been trained") {
		t.Errorf("a variation of a model in memory answers as the model: %v", err)
	}
	if err := digits.Reset(); err == nil {
		t.Error("Reset of a model in memory moves the run of its name away")
	}
	server, err := digits.Server()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			from, n := i, []int{1, 1, 1, 3, 9, 70}[i%6]
			indices := make([]int32, n)
			for k := range indices {
				indices[k] = int32((from + k) % want.Len())
			}
			p, err := server.Predict(t.Context(), want.Data.Select(indices))
			if err != nil {
				t.Error(err)
				return
			}
			for k, index := range indices {
				if !near(p.Row(k), want.Row(int(index))) {
					t.Errorf("goroutine %d: example %d has %v, want %v", i, index, p.Row(k), want.Row(int(index)))
				}
			}
		})
	}
	all.Wait()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := server.Predict(ended, want.Data); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
	picture := image.NewGray(image.Rect(0, 0, 60, 60))
	for y := 10; y < 50; y++ {
		for x := 27; x < 33; x++ {
			picture.SetGray(x, y, color.Gray{255})
		}
	}
	if p, err := server.Predict(t.Context(), picture, picture); err != nil || p.Len() != 2 || !near(p.Row(0), p.Row(1)) {
		t.Errorf("pictures: %v, %v", p.Values, err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	drawn, err := server.Predict(t.Context(), picture)
	if p, err2 := server.Predict(t.Context(), file.Bytes()); err != nil || err2 != nil || !near(p.Values, drawn.Values) {
		t.Errorf("a file's bytes: %v, %v; the picture in it: %v, %v", p.Values, err2, drawn.Values, err)
	}
	large := slices.Clone(file.Bytes())
	copy(large[16:], "\x00\x00\x20\x00\x00\x00\x20\x00") // 8192×8192 pixels, says its head
	binary.BigEndian.PutUint32(large[29:], crc32.ChecksumIEEE(large[12:29]))
	for what, asked := range map[string][]any{
		"picture 1 is not a PNG or JPEG picture": {[]byte("no picture")},
		"is 8192×8192 pixels large":              {large},
		"no example was given":                   nil,
		"an example of type int is not":          {3},
		"was trained on inputs as they are":      {"a sentence"},
		"picture 1 is empty":                     {image.NewGray(image.Rectangle{})},
		"example 2 is of type string among":      {picture, "a sentence"},
		"the model takes examples of shape [2":   {&kit.Set{Name: "wrong", Inputs: data.Array{Shape: []int{2}, U8: []uint8{1, 2}}}},
		"give one that is not nil":               {(*kit.Set)(nil)},
		"nil pointer":                            {(*image.Gray)(nil)},
	} {
		if _, err := server.Predict(t.Context(), asked...); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if p, err := server.Predict(t.Context(), want.Data); err != nil || p.Accuracy() != want.Accuracy() {
		t.Errorf("a set with labels: %v right, want %v; %v", p.Accuracy(), want.Accuracy(), err)
	}
	if err := errors.Join(server.Close(), server.Close()); err != nil {
		t.Error(err)
	}
	if _, err := server.Predict(t.Context(), picture); err == nil {
		t.Error("a closed server answers")
	}
}

// TestServerTakesWhatPeopleHave: rows and sentences come as they are, since a model knows how its inputs were made; one that
// is wrong costs no other its answer.
func TestServerTakesWhatPeopleHave(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	t.Setenv("MNISTKIT_RUNS", filepath.Join(t.TempDir(), t.Name()))
	cars := kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
	reviews := kit.IMDB().Vocabulary(2000).Padded(24).Holdout(0.4).Seed(1)
	car := kit.Row{"cylinders": 4, "displacement": 97, "horsepower": 88, "weight": 2130, "acceleration": 14.5, "model year": 71, "origin": "Japan"}
	t.Run("rows", func(t *testing.T) {
		run := kit.Run{Name: "test/cars", Data: cars, Seed: 1, Model: layer.Stack{layer.Dense(4).ReLU(), layer.Dense(1)}}
		m, _ := embedded(t, run)
		set, err := m.Encode(car)
		if err != nil {
			t.Fatal(err)
		}
		asks(t, m, set, car, kit.Row{"weight": "heavy"})
		wrong := *set
		wrong.Inputs.F32 = slices.Repeat([]float32{float32(math.NaN())}, len(set.Inputs.F32))
		asks(t, m, set, car, &wrong)
	})
	t.Run("sentences", func(t *testing.T) {
		run := kit.Run{Name: "test/text", Data: reviews, Seed: 1, BatchSize: 64,
			Model: layer.Stack{layer.Embedding(2000, 4).MaskZero(), layer.GlobalAveragePool1D(), layer.Dense(1)}}
		m, _ := embedded(t, run)
		set, err := m.Encode("What a film!")
		if err != nil {
			t.Fatal(err)
		}
		asks(t, m, set, "What a film!", 3)
	})
}

// asks holds that a server gives for an example what Predict gives for its set, and refuses the wrong one.
func asks(t *testing.T, m kit.Run, set *kit.Set, example, wrong any) {
	t.Helper()
	want, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	server, err := m.Server()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i%5 == 4 {
				if _, err := server.Predict(t.Context(), wrong); err == nil || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v: %v", wrong, err)
				}
				return
			}
			p, err := server.Predict(t.Context(), example)
			if err != nil || !near(p.Values, want.Values) {
				t.Errorf("%v, %v; want %v", p.Values, err, want.Values)
			}
		})
	}
	all.Wait()
}

// TestWithContext: verbs end with the context of the program, and leave Ctrl-C to it.
func TestWithContext(t *testing.T) {
	r := small(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := r.WithContext(ctx).Fit(100_000)
	if !errors.Is(err, kit.ErrStopped) {
		t.Errorf("Fit ends with %v", err)
	}
	test, err := r.Data.Test()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.WithContext(ctx).Predict(test); err == nil {
		t.Error("Predict does not look at its context")
	}
	if _, err := r.Predict(test); err != nil {
		t.Error(err)
	}
}
