package mnistkit_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/pipeline"
	textkit "gonblabs/mnistkit/text"
)

// isSentence fails unless err is one sentence that a reader understands, without the system's words in front.
func isSentence(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: nothing is said", what)
		return
	}
	for _, raw := range []string{"\n", "open /", "stat ", "mkdir ", "rename ", "read /", ".new-", "goroutine", "shapes.Make"} {
		if strings.Contains(err.Error(), raw) {
			t.Errorf("%s: raw text: %v", what, err)
		}
	}
	if !strings.ContainsAny(err.Error(), ";,") {
		t.Errorf("%s: no remedy: %v", what, err)
	}
}

// Every path that the kit takes: where there is nothing to read, or no way to write, one sentence says so.
func TestPaths(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has its own words")
	}
	r := small(t)
	fitted(t, r, 1)
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := data.Array{U8: []uint8{1}}
	writers := map[string]func(path string) error{
		"Save":     r.Save,
		"WriteNPY": func(path string) error { return data.WriteNPY(path, one) },
		"WriteNPZ": func(path string) error { return data.WriteNPZ(path, map[string]data.Array{"a": one}) },
		"CSVLogger": func(path string) error {
			_, err := r.With("test/log", nil).Fit(1, kit.CSVLogger{File: path})
			return err
		},
	}
	readers := map[string]func(path string) error{
		"Open":           func(path string) error { _, err := kit.Open(path); return err },
		"ReadNPY":        func(path string) error { _, err := data.ReadNPY(path); return err },
		"ReadNPZ":        func(path string) error { _, err := data.ReadNPZ(path); return err },
		"Pictures":       func(path string) error { _, err := kit.Pictures(path); return err },
		"Photo":          func(path string) error { _, err := kit.Photo(path)(); return err },
		"CSV":            func(path string) error { _, err := kit.CSV(path, "y").Train(); return err },
		"pipeline.Lines": func(path string) error { return firstError(pipeline.Lines(path)) },
		"pipeline.CSV":   func(path string) error { return firstError(pipeline.CSV(path)) },
		"From":           func(path string) error { _, err := kit.MNIST().From(path).Train(); return err },
		"IMDB.From":      func(path string) error { _, err := kit.IMDB().From(path).Train(); return err },
		"MNISTKIT_DATA": func(path string) error {
			t.Setenv("MNISTKIT_DATA", path)
			_, err := kit.MNIST().Train()
			t.Setenv("MNISTKIT_DATA", "bundled")
			return err
		},
	}
	for _, path := range []string{"", dir, dir + "/new/", file + "/x", file + "/x/y", "/proc/new/x", filepath.Join(dir, strings.Repeat("x", 300))} {
		for verb, write := range writers {
			if verb == "CSVLogger" && path == dir+"/new/" {
				continue // it wants the folder to be there
			}
			isSentence(t, verb+" to "+path, write(path))
		}
	}
	for _, path := range []string{"", dir, file + "/x", "none", "~/none-of-mine", "/proc/new/x", "/dev/null"} {
		for verb, read := range readers {
			if path == "" && strings.Contains("From IMDB.From MNISTKIT_DATA", verb) || path == dir && verb == "MNISTKIT_DATA" {
				continue // the usual places; a folder without data
			}
			isSentence(t, verb+" of "+path, read(path))
		}
	}
	for _, root := range []string{file, "/proc/new/x", "/dev/null"} {
		t.Setenv("MNISTKIT_RUNS", root)
		_, err := r.With("test/elsewhere", nil).Fit(1)
		isSentence(t, "MNISTKIT_RUNS="+root, err)
	}
	if left, _ := filepath.Glob("*"); len(left) != 1 {
		t.Errorf("the working folder holds %q", left)
	}
}

func firstError[T any](p pipeline.Pipeline[T]) error {
	for _, err := range p {
		return err
	}
	return nil
}

// ~ is the home folder in every path: what is written there is found there, and nothing is named so.
func TestHomeEverywhere(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	t.Setenv("MNISTKIT_RUNS", "~/runs/"+t.Name())
	r := small(t)
	fitted(t, r, 1, kit.CSVLogger{File: "~/log.csv"}, kit.TensorBoard{})
	if err := r.Save("~/models/small.mnistkit"); err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Open("~/models/small.mnistkit"); err != nil {
		t.Error(err)
	}
	if _, err := kit.Load(r.Name); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"log.csv", "models/small.mnistkit", "runs/" + t.Name() + "/test/small/run.json"} {
		if _, err := os.Stat(filepath.Join(home, path)); err != nil {
			t.Error(err)
		}
	}
	if err := data.WriteNPZ("~/a.npz", map[string]data.Array{"a": {U8: []uint8{1}}}); err != nil {
		t.Error(err)
	}
	if a, err := data.ReadNPZ("~/a.npz"); err != nil || a["a"].Len() != 1 {
		t.Error(err)
	}
	if set, err := kit.CSV("~/log.csv", "loss").Train(); err != nil || set.Len() != 1 {
		t.Error(err)
	}
	for line, err := range pipeline.Lines("~/log.csv") {
		if err != nil || !strings.HasPrefix(line, "epoch,") {
			t.Errorf("%q, %v", line, err)
		}
		break
	}
	if left, _ := filepath.Glob("*"); left != nil {
		t.Errorf("the working folder holds %q", left)
	}
}

// A shape whose size has more digits than a number, or than any memory has values, is an error in every verb.
func TestHugeShapes(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	const big = 1 << 32
	for _, shape := range [][]int{{big, big}, {big, big, 1}, {1 << 62, 2}, {1 << 62, 4}, {1 << 20, 1 << 20}, {-1}, {-big, -big}, {0, 5}} {
		two := data.Array{Shape: shape, U8: []uint8{1, 2}}
		whole := &data.Set{Name: "big", Inputs: two, Labels: data.Array{Shape: []int{}, I32: []int32{0, 1}}}
		for what, set := range map[string]*data.Set{
			"inputs": whole, "no examples": {Name: "big", Inputs: data.Array{Shape: shape, U8: []uint8{}}},
			"labels": {Name: "big", Inputs: data.Array{Shape: []int{1, 1}, U8: []uint8{1, 2}}, Labels: data.Array{Shape: shape, I32: []int32{0, 1}}},
		} {
			q := r.With("test/big", func(r *kit.Run) {
				r.Data, r.Model = kit.Sets{TrainSet: set}, layer.Stack{layer.Flatten(), layer.Dense(2)}
			})
			_, fit := q.Fit(1)
			_, predict := r.Predict(set)
			_, evaluate := r.Evaluate(set)
			_, samples := chart.Samples(set, 1, 1)
			for verb, err := range map[string]error{"Check": set.Check(), "Fit": fit, "Predict": predict, "Evaluate": evaluate, "Samples": samples} {
				isSentence(t, what+" "+verb, err)
			}
		}
		isSentence(t, "WriteNPY", data.WriteNPY(filepath.Join(t.TempDir(), "a.npy"), two))
		isSentence(t, "EncodeIDX", data.EncodeIDX(&strings.Builder{}, two))
	}
	for _, n := range []int{1 << 62, 1 << 40} {
		for what, reviews := range map[string]textkit.Recipe{"Padded": kit.IMDB().Padded(n), "MultiHot": kit.IMDB().Vocabulary(n).MultiHot()} {
			_, train := reviews.Train()
			isSentence(t, what+" Train", train)
			_, fit := r.With("test/long", func(r *kit.Run) { r.Data, r.Model = reviews, layer.Stack{layer.Flatten(), layer.Dense(2)} }).Fit(1)
			isSentence(t, what+" Fit", fit)
		}
	}
}

// A note says what a folder holds that is no picture.
func TestPicturesNote(t *testing.T) {
	small(t) // on the sample
	picture := digitPicture(t, 3)
	if err := os.WriteFile(filepath.Join(filepath.Dir(picture), "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	text := printed(t, func() {
		if set, err := kit.Pictures(filepath.Dir(picture)); err != nil || set.Len() != 1 {
			t.Error(err)
		}
	})
	if !strings.Contains(text, "Note: ") || !strings.Contains(text, "passed over notes.txt (1 in all)") {
		t.Errorf("the note is %q", text)
	}
}

// A model of the reader's own table names it, reads nothing, and answers for data that are given.
func TestOpenedModelOfATable(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	path := filepath.Join(t.TempDir(), "flowers.csv")
	if err := os.WriteFile(path, []byte("x,y,kind\n"+strings.Repeat("1,2,a\n3,4,b\n", 10)), 0o644); err != nil {
		t.Fatal(err)
	}
	flowers := kit.CSV(path, "kind").TestFraction(0.2)
	r = r.With("test/flowers", func(r *kit.Run) { r.Data, r.Model = flowers, layer.Stack{layer.Dense(2)} })
	fitted(t, r, 1)
	file := filepath.Join(t.TempDir(), "flowers.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	opened, err := kit.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Evaluate(opened.Data.Test()); err == nil || !strings.Contains(err.Error(), "the kit reads no path that a file names; give the data yourself") {
		t.Errorf("its own path: %v", err)
	}
	want, err := r.Evaluate(flowers.Test())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened.Evaluate(flowers.Test()); err != nil || got.Loss() != want.Loss() {
		t.Errorf("%v, %v, want the loss %g", got, err, want.Loss())
	}
	if set, err := opened.Encode(kit.Row{"x": 1, "y": 2}); err != nil || set.Len() != 1 {
		t.Errorf("a new row: %v", err)
	}
	loaded, err := kit.Load(r.Name)
	if err != nil {
		t.Fatal(err)
	}
	if set, err := loaded.Data.Test(); err != nil || set.Len() != 4 {
		t.Errorf("the reader's own run: %v", err)
	}
}
