package mnistkit_test

import (
	"bytes"
	stdcmp "cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/training"
)

// diskTrouble makes the nth change of the disk fail, and all that follow if for good; happened
// says whether it came to that.
func diskTrouble(t *testing.T, nth int, forGood bool, why error) (happened func() bool) {
	t.Helper()
	count := 0
	files.Trouble = func(path string) error {
		if count++; count == nth || forGood && count > nth {
			return &fs.PathError{Op: "write", Path: path, Err: why}
		}
		return nil
	}
	t.Cleanup(noTrouble)
	return func() bool { return count >= nth }
}

func noTrouble() { files.Trouble = func(string) error { return nil } }

// noted collects what the reader is told beside an answer.
func noted(t *testing.T) *[]string {
	t.Helper()
	var notes []string
	was := training.Note
	training.Note = func(what string, err error) {
		if err != nil {
			notes = append(notes, what+": "+err.Error())
		}
	}
	t.Cleanup(func() { training.Note = was })
	return &notes
}

func oneSentence(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	if strings.Contains(text, "\n") || strings.Contains(text, "goroutine") || len(text) > 900 {
		t.Errorf("%s: %q", what, text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: got  %s\nwant %s", what, text, part)
		}
	}
}

// TestTroubleAtEachWrite: a disk that is full, gone, read-only or over quota at any write of a verb
// ends in a sentence with a remedy, or in an answer with a note; the next try gives what an
// undisturbed one gives, to the last bit.
func TestTroubleAtEachWrite(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	whole := small(t)
	log := filepath.Join(t.TempDir(), "log.csv")
	callbacks := []kit.Callback{kit.ModelCheckpoint{Monitor: "val_accuracy"}, kit.SaveWeights{Keep: 1}, kit.CSVLogger{File: log}}
	loop, step, _ := halves(t, "test/loop")
	looped(t, loop, 3, step)
	fitted(t, whole, 2, callbacks...)
	state := func(r kit.Run) any {
		t.Helper()
		last, err := r.At("last").Weights()
		if err != nil {
			t.Fatal(err)
		}
		best, err := r.Weights()
		if err != nil {
			t.Fatal(err)
		}
		return []any{last, best, names(t, r)}
	}
	want, measured, answers := state(whole), accuracyOf(t, whole), []float32(nil)
	if p, err := whole.Predict(whole.Data.Test()); err == nil {
		answers = p.Values
	}
	model := filepath.Join(t.TempDir(), "model.mnistkit")
	notes := noted(t)
	verbs := map[string]struct {
		do    func(r kit.Run) error // what is tried
		right func(r kit.Run) bool  // what holds after the second try
		noted bool                  // the answer is given all the same
	}{
		"Fit": {func(r kit.Run) error { _, err := r.Fit(2, callbacks...); return err },
			func(r kit.Run) bool { return cmp.Equal(state(r), want) }, false},
		"Loop.Fit": {func(r kit.Run) error {
			l := loop
			l.Name = r.Name + "-loop"
			_, err := l.Fit(3, step)
			return err
		}, func(r kit.Run) bool {
			l := loop
			l.Name = r.Name + "-loop"
			return cmp.Equal(variables(t, l), variables(t, loop))
		}, false},
		"Evaluate": {func(r kit.Run) error { _, err := r.Evaluate(r.Data.Test()); return err },
			func(r kit.Run) bool { return accuracyOf(t, r) == measured }, true},
		"Predict": {func(r kit.Run) error {
			p, err := r.Predict(r.Data.Test())
			if err == nil && !slices.Equal(p.Values, answers) {
				return fmt.Errorf("other answers")
			}
			return err
		}, func(kit.Run) bool { return true }, true},
		"Save": {func(r kit.Run) error { return r.Save(model) }, func(kit.Run) bool {
			opened, err := kit.Open(model)
			return err == nil && opened.Name != ""
		}, false},
	}
	causes := []struct {
		err    error
		remedy string
	}{
		{syscall.ENOSPC, "make room on that disk"}, {syscall.EDQUOT, "make room on that disk"},
		{syscall.EROFS, "check the path and its permissions"}, {syscall.EACCES, "choose another one"}, {syscall.EIO, "check the path"}, {syscall.ESTALE, "check the path"},
	}
	for verb, c := range verbs {
		tries := 0
		for happens := true; happens; {
			tries++
			r := whole.With(fmt.Sprintf("test/%s-%d", strings.ReplaceAll(verb, ".", "-"), tries), nil)
			if verb != "Fit" && verb != "Loop.Fit" { // of a run that is trained
				if err := os.CopyFS(filepath.Join(runs.Root(), filepath.FromSlash(r.Name)), os.DirFS(filepath.Join(runs.Root(), "test", "small"))); err != nil {
					t.Fatal(err)
				}
				for _, made := range []string{"scores.json", "predictions"} {
					if err := os.RemoveAll(filepath.Join(runs.Root(), filepath.FromSlash(r.Name), made)); err != nil {
						t.Fatal(err)
					}
				}
			}
			cause := causes[tries%len(causes)]
			*notes = nil
			happened := diskTrouble(t, tries, tries%2 == 0, cause.err)
			err := c.do(r)
			happens = happened()
			what := fmt.Sprintf("%s, %v at write %d", verb, cause.err, tries)
			noTrouble()
			switch {
			case err != nil && (c.noted || !happens):
				t.Errorf("%s: %v", what, err)
			case err != nil:
				oneSentence(t, what, err.Error(), cause.remedy)
			case happens && c.noted && len(*notes) != 1:
				t.Errorf("%s: the reader is told %q", what, *notes)
			case happens && c.noted:
				oneSentence(t, what, (*notes)[0], "not stored", cause.remedy)
			case happens && tries%2 == 0 && verb != "Fit": // a log that cannot be written is a note in the history
				t.Errorf("%s: no error", what)
			}
			if err := c.do(r); err != nil {
				t.Errorf("%s: the second try: %v", what, err)
			} else if !c.right(r) {
				t.Errorf("%s: the second try gives something else", what)
			}
		}
		t.Logf("%s: %d writes failed, one after the other", verb, tries-1)
		if tries < 2 {
			t.Errorf("%s: only %d writes were tried", verb, tries-1)
		}
	}
}

// TestReadOnlyRuns: where nothing can be written, what is stored is shown, and what is asked is
// answered, with a note.
func TestReadOnlyRuns(t *testing.T) {
	r := small(t)
	want := fitted(t, r, 2)
	loop, step, calls := halves(t, "test/loop")
	looped(t, loop, 3, step)
	notes := noted(t)
	diskTrouble(t, 1, true, syscall.EROFS)
	before := *calls
	if h := looped(t, loop, 3, step); len(h) != 3 || *calls != before {
		t.Errorf("the loop has %d epochs, after %d calls", len(h), *calls-before)
	}
	if diff := same(want, fitted(t, r, 2)); diff != "" {
		t.Error(diff)
	}
	if got := accuracyOf(t, r); got == 0 {
		t.Error("nothing right")
	}
	if p, err := r.Predict(r.Data.Test()); err != nil || p.Len() == 0 {
		t.Errorf("Predict: %d answers, %v", p.Len(), err)
	}
	if len(*notes) != 2 || !strings.HasPrefix((*notes)[0], "The score is not stored: ") || !strings.HasPrefix((*notes)[1], "The answers are not stored: ") {
		t.Errorf("the reader is told %q", *notes)
	}
	for what, fit := range map[string]func() error{
		"more epochs":      func() error { return second(r.Fit(3)) },
		"another recipe":   func() error { r := r; r.BatchSize = 64; return second(r.Fit(2)) },
		"a new run":        func() error { return second(r.With("test/new", nil).Fit(1)) },
		"Reset":            func() error { return r.Reset() },
		"Save":             func() error { return r.Save(filepath.Join(t.TempDir(), "x")) },
		"more of the loop": func() error { return second(loop.Fit(4, step)) },
	} {
		if err := fit(); err == nil {
			t.Errorf("%s: no error", what)
		} else {
			oneSentence(t, what, err.Error(), ": read-only file system; check the path and its permissions, or choose another one")
		}
	}
	noTrouble()
	if diff := same(want, fitted(t, r, 3)[:2]); diff != "" {
		t.Error(diff)
	}
}

// flip changes 20 bytes in the middle of the numbers of a set of weights.
func flip(t *testing.T, r kit.Run, weights string) {
	t.Helper()
	folder := filepath.Join(runs.Root(), filepath.FromSlash(r.Name), filepath.FromSlash(weights))
	for _, pattern := range []string{"*.bin", "variables.json"} {
		list, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range list {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := range min(20, len(b)/2) {
				b[len(b)/2+i] ^= 1
			}
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no numbers in %s", folder)
}

// TestDamagedWeights: weights of which bytes were flipped neither answer nor are trained on, and the
// sentence says which are whole; whole ones answer, and the stored table is shown.
func TestDamagedWeights(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	want := fitted(t, r, 3, kit.ModelCheckpoint{Monitor: "val_accuracy"}, kit.SaveWeights{})
	model := filepath.Join(t.TempDir(), "model.mnistkit")
	if err := r.Save(model); err != nil {
		t.Fatal(err)
	}
	kept := accuracyOf(t, r)
	flip(t, r, "last")
	if diff := same(want, fitted(t, r, 3, kit.ModelCheckpoint{Monitor: "val_accuracy"}, kit.SaveWeights{})); diff != "" {
		t.Errorf("the stored table: %s", diff)
	}
	asked := r.With(r.Name, nil)
	for what, do := range map[string]func() error{
		"Fit":      func() error { return second(asked.Fit(4)) },
		"Evaluate": func() error { return second(asked.At("last").Evaluate(r.Data.Test())) },
		"Predict":  func() error { return second(asked.At("last").Predict(r.Data.Test())) },
		"Weights":  func() error { return second(asked.At("last").Weights()) },
		"Save":     func() error { return asked.At("last").Save(filepath.Join(t.TempDir(), "x")) },
		"Initial": func() error {
			return second(r.With("test/from", func(r *kit.Run) { r.Initial = "test/small@last" }).Fit(1))
		},
	} {
		err := do()
		if err == nil {
			t.Errorf("%s: no error", what)
			continue
		}
		oneSentence(t, what, err.Error(), "last (epoch 3) is damaged, or was changed since it was written", "Reset the run to train it anew (At answers with what is whole: best, cp-0001, cp-0002, cp-0003)")
	}
	if got := accuracyOf(t, r.At("cp-0003")); got == 0 {
		t.Error("a whole checkpoint has nothing right")
	}
	if got := accuracyOf(t, r); got != kept {
		t.Errorf("the best weights have %g right, and had %g", got, kept)
	}
	flip(t, r, "best")
	if err := second(r.Predict(r.Data.Test())); err == nil || !strings.Contains(err.Error(), "best (epoch ") {
		t.Errorf("Predict with damaged weights: %v", err)
	}

	loop, step, _ := halves(t, "test/loop")
	looped(t, loop, 3, step)
	flip(t, kit.Run{Name: loop.Name}, "last")
	for what, err := range map[string]error{"Variables": second(loop.Variables()), "Fit": second(loop.Fit(4, step))} {
		if err == nil || !strings.Contains(err.Error(), "last (epoch 3) is damaged") {
			t.Errorf("the loop's %s: %v", what, err)
		}
	}

	opened, err := kit.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := opened.Dir()
	if err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(dir.Path("last", "*.bin"))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := os.Truncate(list[0], 1000); err != nil {
		t.Fatal(err)
	}
	if err := second(opened.Weights()); err == nil || !strings.Contains(err.Error(), "delete "+dir.Root()+" and open the model file again") {
		t.Errorf("of an opened model: %v", err)
	}
}

// TestTruncatedWeightsOfOldRuns: weights without checksums are noticed when they are too short.
func TestTruncatedWeightsOfOldRuns(t *testing.T) {
	small(t)
	if err := os.CopyFS(runs.Root(), os.DirFS("testdata/runs-0.1")); err != nil {
		t.Fatal(err)
	}
	r, err := kit.Load("old/flowers")
	if err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(filepath.Join(runs.Root(), "old", "flowers", "last", "*.bin"))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := os.Truncate(list[0], 10); err != nil {
		t.Fatal(err)
	}
	if err := second(r.Weights()); err == nil {
		t.Error("no error")
	} else {
		oneSentence(t, "Weights", err.Error(), "Reset the run to train it anew")
	}
}

// TestScoresThatAreDamaged: they are measured again, the reader is told, and the leaderboard shows
// the run all the same.
func TestScoresThatAreDamaged(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	want, notes := accuracyOf(t, r), noted(t)
	file := filepath.Join(runs.Root(), "test", "small", "scores.json")
	for _, text := range []string{"null", "{", "[]"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if board := boardText(t); !strings.Contains(board, "its scores cannot be read; Evaluate measures them again") || strings.Contains(board, "damaged") {
			t.Errorf("the leaderboard: %s", board)
		}
		*notes = nil
		if got := accuracyOf(t, r); got != want || len(*notes) != 1 {
			t.Errorf("%q: %g right, told %q", text, got, *notes)
		}
		oneSentence(t, text, (*notes)[0], "The stored scores are not used: ", "scores.json is damaged", "it is made again")
		*notes = nil
		if got := accuracyOf(t, r); got != want || len(*notes) != 0 {
			t.Errorf("%q, asked again: %g right, told %q", text, got, *notes)
		}
	}
	answers := func() []float32 {
		p, err := r.Predict(r.Data.Test())
		if err != nil {
			t.Fatal(err)
		}
		return p.Values
	}
	before := answers()
	for _, ending := range []string{".f32", ".json"} {
		list, err := filepath.Glob(filepath.Join(runs.Root(), "test", "small", "predictions", "*"+ending))
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		b, err := os.ReadFile(list[0])
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(list[0], b, 0o644); err != nil {
			t.Fatal(err)
		}
		*notes = nil
		if !slices.Equal(answers(), before) || len(*notes) != 1 {
			t.Errorf("damaged %s: other answers, or told %q", ending, *notes)
		}
		*notes = nil
		if !slices.Equal(answers(), before) || len(*notes) != 0 {
			t.Errorf("after damaged %s: other answers, or told %q", ending, *notes)
		}
	}
}

// boardText is the leaderboard as a terminal shows it.
func boardText(t *testing.T) string {
	t.Helper()
	block, err := kit.BlockOf(kit.Leaderboard("test/*"))
	if err != nil {
		t.Fatal(err)
	}
	return block.Text()
}

// TestClockSetBack: files from the future disturb nothing.
func TestClockSetBack(t *testing.T) {
	r := small(t)
	whole := r.With("test/whole", nil)
	want := fitted(t, whole, 3)
	fitted(t, r, 1)
	future := time.Now().Add(365 * 24 * time.Hour)
	err := filepath.WalkDir(runs.Root(), func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = os.Chtimes(path, future, future)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if diff := same(want, fitted(t, r, 3)); diff != "" {
		t.Error(diff)
	}
	if accuracyOf(t, r) != accuracyOf(t, whole) || time.Since(began) > time.Minute {
		t.Errorf("it answers otherwise, or took %s", time.Since(began))
	}
	if err := r.Reset(); err != nil {
		t.Error(err)
	}
}

// TestNoHome: a training needs no home; what does says so.
func TestNoHome(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	for _, home := range []string{"", filepath.Join(t.TempDir(), "a-file")} {
		if home != "" {
			if err := os.WriteFile(home, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("HOME", home)
		t.Setenv("XDG_CACHE_HOME", "")
		t.Setenv("LocalAppData", home)
		fitted(t, r, 1)
		accuracyOf(t, r)
		model := filepath.Join(t.TempDir(), "model.mnistkit")
		if err := r.Save(model); err != nil {
			t.Fatal(err)
		}
		if _, err := kit.Open(model); err == nil {
			t.Errorf("HOME=%q: no error", home)
		} else if oneSentence(t, "Open", err.Error()); !strings.Contains(err.Error(), "HOME") && !strings.Contains(err.Error(), "check the path and its permissions") {
			t.Errorf("HOME=%q: %v", home, err)
		}
	}
}

// TestLinkedRuns: a folder of runs that is a link is that to which it leads.
func TestLinkedRuns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	r := small(t)
	link := filepath.Join(t.TempDir(), t.Name())
	if err := stdcmp.Or(os.MkdirAll(runs.Root(), 0o755), os.Symlink(runs.Root(), link)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MNISTKIT_RUNS", link)
	fitted(t, r, 1)
	if board := boardText(t); !strings.Contains(board, "test/small") {
		t.Errorf("the leaderboard: %s", board)
	}
	if list, err := runs.List("*"); err != nil || len(list) != 1 || list[0].Name != "test/small" {
		t.Errorf("%v, %v", list, err)
	}
	if b, err := os.ReadFile(filepath.Join(link, "test", "small", "run.json")); err != nil || !bytes.Contains(b, []byte(`"crc32c":"0x`)) {
		t.Errorf("run.json: %s, %v", b, err)
	}
}

// TestNotesAreShown: kit shows what went wrong beside an answer.
func TestNotesAreShown(t *testing.T) {
	r := small(t)
	fitted(t, r, 1)
	said := printed(t, func() {
		diskTrouble(t, 1, true, syscall.ENOSPC)
		accuracyOf(t, r)
		noTrouble()
		accuracyOf(t, r)
	})
	want := `Note: The score is not stored: run "test/small": cannot write scores.json: `
	if !strings.HasPrefix(said, want) || !strings.Contains(said, "make room on that disk") || strings.Count(said, "Note: ") != 1 {
		t.Errorf("it says %q", said)
	}
}
