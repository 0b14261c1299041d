package events

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// file is the only event file of a folder.
func file(t *testing.T, dir string) (string, []byte) {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	path := filepath.Join(dir, found[0].Name())
	contents, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, contents
}

// steps are those of the events of scalars.
func steps(t *testing.T, contents []byte) (list []int64) {
	t.Helper()
	for len(contents) > 0 {
		event, size := nextRecord(contents)
		if size == 0 {
			t.Fatalf("%d bytes are no record", len(contents))
		}
		list = append(list, stepOf(event))
		contents = contents[size:]
	}
	return list
}

func write(t *testing.T, dir string, upTo int, to ...int) {
	t.Helper()
	f, err := Open(dir, upTo)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range to {
		f.Scalar(step, "epoch_loss", 1/float64(step))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A record as TensorFlow writes it: its first event of every file, with a time of zero.
func TestRecord(t *testing.T) {
	got := record([]byte("\x1a\x0dbrain.Event:2"))
	want := "\x0f\x00\x00\x00\x00\x00\x00\x00"
	if string(got[:8]) != want || len(got) != 8+4+15+4 {
		t.Errorf("%q", got)
	}
	// crc32c of 32 zero bytes is 0x8a9136aa (RFC 3720, B.4).
	crc := uint32(0x8a9136aa)
	if sum := maskedChecksum(make([]byte, 32)); sum != (crc>>15|crc<<17)+0xa282ead8 {
		t.Errorf("%x", sum)
	}
}

// A file is gone on with; what lies after the step, or was cut short, goes.
func TestOpen(t *testing.T) {
	for _, c := range []struct {
		name string
		upTo int
		cut  int // bytes of the end that a crash took
		want []int64
	}{
		{"whole", 3, 0, []int64{0, 1, 2, 3, 4}},
		{"a step more than the run has", 2, 0, []int64{0, 1, 2, 4}},
		{"cut short", 3, 5, []int64{0, 1, 4}}, // what remains of steps 2 and 3 is not to be told
		{"nothing left", 0, 0, []int64{0, 4}},
	} {
		dir := filepath.Join(t.TempDir(), "train")
		write(t, dir, 0, 1, 2, 3)
		path, contents := file(t, dir)
		if err := os.WriteFile(path, contents[:len(contents)-c.cut], 0o644); err != nil {
			t.Fatal(err)
		}
		write(t, dir, c.upTo, 4)
		_, contents = file(t, dir)
		got := steps(t, contents)
		if len(got) != len(c.want) {
			t.Errorf("%s: steps %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: steps %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// A step of which a part is lost is written anew, and nothing twice.
func TestOpenAfterCrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[a] *run?", "train") // no pattern
	fill := func(upTo int) {
		f, err := Open(dir, upTo)
		if err != nil {
			t.Fatal(err)
		}
		if f.Last() == 0 {
			f.Text(0, "model", "a model")
		}
		for step := f.Last() + 1; step <= 3; step++ {
			f.Scalar(step, "epoch_accuracy", 0.5)
			f.Scalar(step, "epoch_loss", 0.5)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fill(0)
	path, whole := file(t, dir)
	want := []int64{0, 0, 1, 1, 2, 2, 3, 3}
	for cut := range whole {
		// Another byte than the one that stood there: equal, it could end a record.
		if err := os.WriteFile(path, append(whole[:cut:cut], ^whole[cut]), 0o644); err != nil {
			t.Fatal(err)
		}
		fill(3)
		_, contents := file(t, dir)
		if got := steps(t, contents); !slices.Equal(got, want) {
			t.Errorf("after a crash at byte %d of %d: steps %v, want %v", cut, len(whole), got, want)
		}
	}
}

// Nothing is in the file before it is closed, so that a program that is killed
// leaves whole steps.
func TestCloseWrites(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 1)
	_, before := file(t, dir)
	f, err := Open(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	f.Scalar(2, "epoch_accuracy", 0.5)
	if _, open := file(t, dir); string(open) != string(before) {
		t.Error("a step is written in parts")
	}
	f.Scalar(2, "epoch_loss", 0.5)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, contents := file(t, dir); !slices.Equal(steps(t, contents), []int64{0, 1, 2, 2}) {
		t.Errorf("steps %v", steps(t, contents))
	}
	if err := f.Close(); err == nil {
		t.Error("a second Close says nothing")
	}
}

// What cannot be drawn is left out instead of breaking the file.
func TestHistogramOfOddValues(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	for _, values := range [][]float32{nil, {nan, 1}, {float32(math.Inf(1))}} {
		f.Histogram(1, "odd", values)
	}
	f.Histogram(2, "equal", []float32{3, 3, 3})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, contents := file(t, dir)
	if got := steps(t, contents); len(got) != 2 || got[1] != 2 {
		t.Errorf("steps %v", got)
	}
}

func FuzzCompleteSteps(f *testing.F) {
	f.Add(append(record(eventHeader(1)), record(eventHeader(2))...), int64(1))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff1234567890"), int64(9))
	f.Fuzz(func(t *testing.T, contents []byte, upTo int64) {
		end, last := completeSteps(contents, upTo)
		if end < 0 || end > len(contents) || last > max(upTo, 0) {
			t.Errorf("end %d of %d, last step %d", end, len(contents), last)
		}
		if again, _ := completeSteps(contents[:end], upTo); again != end {
			t.Errorf("%d, then %d", end, again)
		}
	})
}

// TestOpenNoPipe: a named pipe in the place of the event file is an error, and nothing waits for its other end.
func TestOpenNoPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := eventFile(dir)
	if out, err := exec.Command("mkfifo", pipe).CombinedOutput(); err != nil {
		t.Skipf("no named pipes: %v %s", err, out)
	}
	over := make(chan error)
	go func() { _, err := Open(dir, 3); over <- err }()
	select {
	case err := <-over:
		if err == nil || !strings.HasPrefix(err.Error(), pipe+" is a named pipe, not a file that can be replaced") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the pipe is waited for")
	}
}
