package pipeline_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/pipeline"
)

func numbers(n int) pipeline.Pipeline[int] {
	return func(yield func(int, error) bool) {
		for i := 1; i <= n && yield(i, nil); i++ {
		}
	}
}

var errBroken = errors.New("broken")

// breaking gives n values and then an error.
func breaking(n int) pipeline.Pipeline[int] {
	return pipeline.Map(numbers(n+5), func(i int) (int, error) {
		if i > n {
			return 0, errBroken
		}
		return i, nil
	})
}

func ExampleBatch() {
	squares := pipeline.Map(pipeline.From(1, 2, 3, 4, 5), func(i int) (int, error) { return i * i, nil })
	for batch, err := range pipeline.Batch(squares, 2, false) {
		fmt.Println(batch, err)
	}
	// Output:
	// [1 4] <nil>
	// [9 16] <nil>
	// [25] <nil>
}

func TestSteps(t *testing.T) {
	even := func(i int) bool { return i%2 == 0 }
	for name, c := range map[string]struct {
		p    pipeline.Pipeline[int]
		want []int
	}{
		"slice":         {pipeline.From(3, 1), []int{3, 1}},
		"empty":         {pipeline.From[int](), nil},
		"filter":        {numbers(5).Filter(even), []int{2, 4}},
		"take":          {numbers(5).Take(2), []int{1, 2}},
		"take more":     {numbers(2).Take(9), []int{1, 2}},
		"take none":     {numbers(2).Take(0), nil},
		"skip":          {numbers(5).Skip(3), []int{4, 5}},
		"repeat":        {numbers(2).Repeat(2), []int{1, 2, 1, 2}},
		"without end":   {numbers(2).Repeat(0).Take(5), []int{1, 2, 1, 2, 1}},
		"nothing again": {numbers(0).Repeat(0), nil},
		"shuffle of 1":  {numbers(4).Shuffle(1, 7), []int{1, 2, 3, 4}},
		"prefetch":      {numbers(4).Prefetch(2), []int{1, 2, 3, 4}},
	} {
		for range 2 { // each loop starts from the beginning
			got, err := pipeline.Collect(c.p)
			if diff := cmp.Diff(c.want, got); diff != "" && len(c.want)+len(got) > 0 || err != nil {
				t.Errorf("%s: %v, %s", name, err, diff)
			}
		}
	}
}

// A buffer of b gives no value more than b-1 places early, and loses none.
func TestShuffle(t *testing.T) {
	const n, buffer = 500, 20
	got, err := pipeline.Collect(numbers(n).Shuffle(buffer, 1))
	if err != nil {
		t.Fatal(err)
	}
	seen, moved := map[int]bool{}, 0
	for place, v := range got {
		seen[v] = true
		if v-1-place > buffer {
			t.Errorf("%d comes at place %d", v, place)
		}
		if v-1 != place {
			moved++
		}
	}
	if len(seen) != n || moved < n/2 {
		t.Errorf("%d different values, %d moved", len(seen), moved)
	}
	again, _ := pipeline.Collect(numbers(n).Shuffle(buffer, 1))
	other, _ := pipeline.Collect(numbers(n).Shuffle(buffer, 2))
	if !cmp.Equal(got, again) || cmp.Equal(got, other) {
		t.Error("the order does not follow from the seed")
	}
}

func TestBatchRemainder(t *testing.T) {
	for drop, want := range map[bool]int{true: 3, false: 4} {
		got, err := pipeline.Collect(pipeline.Batch(numbers(10), 3, drop))
		if err != nil || len(got) != want {
			t.Errorf("drop %v: %v, %v", drop, got, err)
		}
	}
}

// An error comes once, after the values before it, through every step.
func TestErrorsOnce(t *testing.T) {
	for name, p := range map[string]pipeline.Pipeline[int]{
		"map": breaking(3), "filter": breaking(3).Filter(func(int) bool { return true }), "skip": breaking(3).Skip(1),
		"repeat": breaking(3).Repeat(2), "shuffle": breaking(3).Shuffle(2, 1), "prefetch": breaking(3).Prefetch(1),
		"batch": pipeline.Map(pipeline.Batch(breaking(3), 2, false), func(b []int) (int, error) { return b[0], nil }),
	} {
		failures := 0
		for _, err := range p {
			if err != nil {
				failures++
				if !errors.Is(err, errBroken) {
					t.Errorf("%s: %v", name, err)
				}
			} else if failures > 0 {
				t.Errorf("%s: a value after the error", name)
			}
		}
		if failures != 1 {
			t.Errorf("%s: %d errors", name, failures)
		}
	}
	for want, p := range map[string]pipeline.Pipeline[int]{
		"a buffer of 0 holds nothing": numbers(3).Shuffle(0, 1),
		"0 values ahead are none":     numbers(3).Prefetch(0),
		"values ahead are too many":   numbers(3).Prefetch(1 << 60),
		"first -1 values are none":    numbers(3).Take(-1), // tf.data's for all
		"-1 values cannot be left":    numbers(3).Skip(-1),
		"-1 times is never":           numbers(3).Repeat(-1), // tf.data's for ever
	} {
		if _, err := pipeline.Collect(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := pipeline.Collect(pipeline.Batch(numbers(3), 0, false)); err == nil {
		t.Error("batches of nothing")
	}
}

// What Prefetch started ends with the loop.
func TestPrefetchEnds(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		for v := range numbers(1 << 30).Prefetch(4) {
			if v == 10 {
				break
			}
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// Of what the loop does not ask for, Prefetch prepares no value after the one that it has begun.
func TestPrefetchStops(t *testing.T) {
	for range 20 {
		prepared, second := 0, make(chan bool)
		var p pipeline.Pipeline[int] = func(yield func(int, error) bool) {
			for ; prepared < 9; prepared++ {
				if prepared == 1 {
					second <- true
					time.Sleep(5 * time.Millisecond) // until the loop has ended
				}
				if !yield(prepared, nil) {
					return
				}
			}
		}
		for range p.Prefetch(4) {
			<-second
			break
		}
		if prepared > 1 {
			t.Fatalf("%d values were prepared after the loop ended", prepared-1)
		}
	}
}

func file(t testing.TB, contents string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(contents), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFiles(t *testing.T) {
	lines, err := pipeline.Collect(pipeline.Lines(file(t, "a\r\nb\n\nc")))
	if diff := cmp.Diff([]string{"a", "b", "", "c"}, lines); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	rows, err := pipeline.Collect(pipeline.CSV(file(t, "name,price\n\"a, b\",1\nc,2\n")))
	if diff := cmp.Diff([]pipeline.Row{{"name": "a, b", "price": "1"}, {"name": "c", "price": "2"}}, rows); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	marked := "\ufeffname, price\nÅse , 1\n" // as a spreadsheet saves it
	rows, err = pipeline.Collect(pipeline.CSV(file(t, marked)))
	if diff := cmp.Diff([]pipeline.Row{{"name": "Åse", "price": "1"}}, rows); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	lines, err = pipeline.Collect(pipeline.Lines(file(t, marked)).Take(1))
	if diff := cmp.Diff([]string{"name, price"}, lines); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	rows, err = pipeline.Collect(pipeline.CSV(file(t, "name;price\nÅse;1,5\n")))
	if diff := cmp.Diff([]pipeline.Row{{"name": "Åse", "price": "1,5"}}, rows); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := pipeline.Collect(pipeline.Lines(file(t, "Münster\nK\xf6ln\n"))); err == nil || !strings.Contains(err.Error(), "line 2: its letters are not all in UTF-8") {
		t.Errorf("Lines in two encodings: %v", err)
	}
	for want, contents := range map[string]string{
		"it is empty":                              "",
		`two columns are named "a"`:                "a,b,a\n1,2,3\n",
		"line 3 has 1 fields":                      "a,b\n1,2\n3\n",
		"error on line 2":                          "a,b\n1,\"2\n",
		"line 3: its letters are not all in UTF-8": "town\nMünster\nK\xf6ln\n",
	} {
		if _, err := pipeline.Collect(pipeline.CSV(file(t, contents))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := pipeline.Collect(pipeline.Lines(filepath.Join(t.TempDir(), "none"))); err == nil {
		t.Error("a missing file is read")
	}
	if _, err := pipeline.Collect(pipeline.Lines(file(t, "short\n"+strings.Repeat("x", 2<<20)))); err == nil || !strings.Contains(err.Error(), "line 2: it is longer than 1048576 bytes") {
		t.Errorf("%v", err)
	}
}

func TestSet(t *testing.T) {
	row := func(label float32, features ...float32) pipeline.Example {
		return pipeline.Example{Features: features, Label: label}
	}
	s, err := pipeline.Set("mine", pipeline.From(row(1, 0.5, 2), row(0, 3, 4)), "no", "yes")
	if err != nil || s.Len() != 2 || s.Labels.I32[0] != 1 || s.Inputs.F32[3] != 4 {
		t.Errorf("%+v, %v", s, err)
	}
	v, err := pipeline.Set("values", pipeline.From(row(1.5, 1)))
	if err != nil || v.Labels.F32[0] != 1.5 {
		t.Errorf("%+v, %v", v, err)
	}
	nan := float32(math.NaN())
	for want, p := range map[string]pipeline.Pipeline[pipeline.Example]{
		"gives no examples":        pipeline.From[pipeline.Example](),
		"example 0 has 0 features": pipeline.From(row(0)),
		"value 1 of example 1 is not a finite number (its label is the last value)": pipeline.From(row(0, 1, 2), row(0, 1, nan)),
		"value 1 of example 0 is not a finite number (its label is the last value)": pipeline.From(row(nan, 1)),
		"has 1 features and the first 2":                                            pipeline.From(row(0, 1, 2), row(0, 1)),
		"is 0.5, which is not a class number":                                       pipeline.From(row(0.5, 1)),
		"labels go from 0 to 2 but there are":                                       pipeline.From(row(0, 1), row(2, 1)),
	} {
		if _, err := pipeline.Set("mine", p, "no", "yes"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func ExampleCSV() {
	path := filepath.Join(os.TempDir(), "pipeline-example.csv")
	_ = os.WriteFile(path, []byte("city,degrees\nOslo,4\nRome,15\n"), 0o644)
	defer os.Remove(path)
	degrees := pipeline.Map(pipeline.CSV(path), func(r pipeline.Row) (int, error) { return strconv.Atoi(r["degrees"]) })
	fmt.Println(pipeline.Collect(degrees))
	// Output: [4 15] <nil>
}

// FuzzCSV: lines and rows of any file end, or end in a sentence, in a multiple of the file's memory.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "K\xf6ln\n", "\xff\xfea\x00\n\x00", "a\rb", "a;\"b\n"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "mine.csv")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if err := os.WriteFile(path, contents, 0o666); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		lines, err := pipeline.Collect(pipeline.Lines(path))
		rows, errRows := pipeline.Collect(pipeline.CSV(path))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20+1000*uint64(len(contents)) {
			t.Errorf("%d bytes for a file of %d", took, len(contents))
		}
		if len(rows) > 0 && len(rows[0]) == 0 {
			t.Errorf("%q gives rows without columns", contents)
		}
		for _, line := range lines {
			if !utf8.ValidString(line) {
				t.Errorf("line %q", line)
			}
		}
		for _, err := range []error{err, errRows} {
			if err != nil && len(err.Error()) > 1500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
	})
}

// Letters of Western Europe and packed files are read as those that are not.
func TestFilesAsPeopleHaveThem(t *testing.T) {
	for name, contents := range map[string]string{"western": "K\xf6ln;1\n", "UTF-16": "\xff\xfeK\x00\xf6\x00l\x00n\x00;\x001\x00\n\x00"} {
		lines, err := pipeline.Collect(pipeline.Lines(file(t, contents)))
		if err != nil || len(lines) != 1 || lines[0] != "Köln;1" {
			t.Errorf("%s: %q, %v", name, lines, err)
		}
	}
	path := filepath.Join(t.TempDir(), "mine.csv.gz")
	packed, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(packed)
	_, _ = zip.Write([]byte("a,b\n1,2\n"))
	if err := errors.Join(zip.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	rows, err := pipeline.Collect(pipeline.CSV(path))
	if diff := cmp.Diff([]pipeline.Row{{"a": "1", "b": "2"}}, rows); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}
