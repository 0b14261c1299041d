package mnistkit_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/engine"
	"gonblabs/mnistkit/layer"
)

// resealed puts the checksum right, as a forger would.
func resealed(b []byte) []byte {
	const field = `"crc32c":`
	at := bytes.LastIndex(b, []byte(field))
	if at < 0 {
		return b
	}
	b = b[:at+len(field)]
	return fmt.Appendf(b, "\"0x%08x\"}\n", crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// forged is a model file with another text in one of its parts.
func forged(t *testing.T, file, part, was, now string) string {
	t.Helper()
	in, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	found := false
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.Name, part) && strings.HasSuffix(f.Name, ".json") {
			found = found || bytes.Contains(b, []byte(was))
			b = resealed(bytes.Replace(b, []byte(was), []byte(now), 1))
		}
		w, err := z.Create(f.Name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Fatalf("no part %s has %q", part, was)
	}
	path := filepath.Join(t.TempDir(), "forged")
	if err := cmp.Or(z.Close(), os.WriteFile(path, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestForgedModelFile: a file that asks for more memory than it pays for, or
// whose parts contradict each other, is refused before anything is unpacked.
func TestForgedModelFile(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	fitted(t, r, 1)
	file := filepath.Join(t.TempDir(), "small.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ part, was, now, want string }{
		{"run.json", `"units": 8`, `"units": 2000000`, "its dense/kernel [784 2000000] is more than its weights hold"},
		{"run.json", `"units": 8`, `"units": 999999999999`, "layer 3, Dense: Units is 999999999999; it must be at least 1 and a number from 0 to 2147483647"},
		{"run.json", `"units": 8`, `"units": -8`, "Dense: Units is -8; it must be at least 1"},
		{"run.json", `"input": [`, `"input": [4294967296, 4294967296,`, "which no model takes"},
		{"run.json", `"input": [`, `"input": [], "else": [`, `unknown field "else"`},
		{"run.json", `"format": 4`, `"format": 99`, "its run.json has format 99, written by gonblabs 0.2.0; this is gonblabs 0.2.0, which reads formats up to 4"},
		{"last/state", `"format":4`, `"format":99`, "its state.json has format 99"},
		{"run.json", `"Flatten"`, `"Other"`, `unknown kind "Other"`},
		{"last/state", `"epoch":1`, `"epoch":-1`, "it counts less than nothing"},
		{"last/state", `"epoch":1`, `"epoch":99`, "its weights are of epoch 99 but its history ends at 1"},
		{"last/checkpoint", "784", "784000000000", "is more than its weights hold"},
		{"last/checkpoint", "784", "-784", "is more than its weights hold"},
	} {
		_, err := kit.Open(forged(t, file, c.part, c.was, c.now))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v\nwant one sentence with %q", c.now, err, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "mnistkit", "models", "*")); len(left) > 0 {
		t.Errorf("refused files left %v", left)
	}
}

// TestPackedNumbers: weights that GoMLX would unpack, to any size, are refused.
func TestPackedNumbers(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	fitted(t, r, 1)
	dir, err := r.Dir()
	if err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(dir.Path("last", "*.bin"))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	var b bytes.Buffer
	b.WriteString("gomlx_checkpointss\x04gzip")
	z := gzip.NewWriter(&b)
	if _, err := z.Write(make([]byte, 64<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "packed.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	in, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	parts := zip.NewWriter(&out)
	for _, f := range in.File {
		if !strings.HasSuffix(f.Name, ".bin") {
			err = parts.Copy(f)
		} else if w, failed := parts.Create(f.Name); failed == nil {
			_, err = w.Write(b.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := parts.Close(); err != nil || os.WriteFile(file, out.Bytes(), 0o644) != nil {
		t.Fatal(err)
	}
	if _, err := kit.Open(file); err == nil || !strings.Contains(err.Error(), "its numbers are packed") {
		t.Errorf("%d bytes of 64 MB: %v", b.Len(), err)
	}
}

// TestZipBomb: a small file that would unpack to a large one is refused.
func TestZipBomb(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("last/zeros.bin")
	for range 40 {
		if err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
	}
	if err == nil {
		err = z.Close()
	}
	path := filepath.Join(t.TempDir(), "bomb")
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Open(path); err == nil || !strings.Contains(err.Error(), "far more than its size") {
		t.Errorf("%d bytes that unpack to 40 MB: %v", b.Len(), err)
	}
}

// TestModelFileOfLinks: a link in a model file would name a path.
func TestModelFileOfLinks(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, mode := range []os.FileMode{os.ModeSymlink, os.ModeDevice, os.ModeNamedPipe} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "last/a.bin"}
		h.SetMode(mode | 0o644)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte("/etc/passwd"))
		}
		path := filepath.Join(t.TempDir(), "links")
		if err := cmp.Or(err, z.Close(), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		if _, err := kit.Open(path); err == nil || !strings.Contains(err.Error(), `it holds "last/a.bin", which is not part of a model`) {
			t.Errorf("%v: %v", mode, err)
		}
	}
}

// TestModelFileNeedsFunction: a graph function is not in the file; its name is.
func TestModelFileNeedsFunction(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	third := engine.Layer("test third", func(_ *model.Scope, x *graph.Node) *graph.Node { return graph.MulScalar(x, 1.0/3) })
	r := small(t).With("test/custom", func(r *kit.Run) { r.Model = layer.Stack{layer.Flatten(), third, layer.Dense(10)} })
	fitted(t, r, 1)
	file := filepath.Join(t.TempDir(), "custom.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	if _, err := kit.Open(file); err != nil {
		t.Errorf("where the function is declared: %v", err)
	}
	elsewhere := forged(t, file, "run.json", "test third", "test fourth") // as in a program without it
	want := `layer 2, Custom: the function of layer "test fourth" is not in this program; declare it with engine.Layer("test fourth", …)`
	if _, err := kit.Open(elsewhere); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestModelFileWithoutItsData: a model of sets made by hand can be looked at
// and asked where those sets are not.
func TestModelFileWithoutItsData(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	r := small(t)
	set := &data.Set{Name: "mine", Inputs: data.Array{Shape: []int{2}, F32: []float32{1, 2, 3, 4}}, Labels: data.Array{I32: []int32{0, 1}}}
	r.Data, r.Model = kit.Sets{TrainSet: set}, layer.Stack{layer.Dense(2)}
	fitted(t, r, 1)
	file := filepath.Join(t.TempDir(), "mine.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	opened, err := kit.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := opened.Summary(); err != nil || s.Counts.Total != 6 {
		t.Errorf("%+v, %v", s.Counts, err)
	}
	if p, err := opened.Predict(set); err != nil || p.Len() != 2 {
		t.Errorf("%d answers, %v", p.Len(), err)
	}
}

// TestDocsProgram: the program in the documentation builds, and reads digits
// with a model that was saved, through the engine program.
func TestDocsProgram(t *testing.T) {
	doc, err := os.ReadFile("../docs/cells-and-state.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, found := strings.Cut(string(doc), "```go\npackage main\n")
	program, _, closed := strings.Cut(program, "```")
	if !found || !closed || !strings.Contains(program, "kit.Open(") {
		t.Fatal("the page holds no program that opens a model")
	}
	dir := t.TempDir()
	source, built := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte("package main\n"+program), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", built, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r := small(t)
	fitted(t, r, 5)
	file := filepath.Join(dir, "digits.mnistkit")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	for digit, want := range []string{"0", "1"} {
		picture := digitPicture(t, digit)
		cmd := exec.Command(built, file, picture)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+dir)
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.Output()
		if answer := strings.Fields(string(out)); err != nil || len(answer) == 0 || answer[len(answer)-1] != want {
			t.Errorf("a picture of %s is taken for %q (%v)\n%s", want, out, err, &said)
		}
	}
}

// digitPicture is a file with a test digit of a class, dark on a light sheet.
func digitPicture(t *testing.T, class int) string {
	t.Helper()
	test, err := data.MNIST().Test()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(test.Labels.I32, int32(class)) * test.Inputs.Size()
	sheet := image.NewGray(image.Rect(0, 0, 200, 300))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	for y := range 140 {
		for x := range 140 {
			sheet.SetGray(20+x, 100+y, color.Gray{Y: 255 - test.Inputs.U8[at+y/5*28+x/5]})
		}
	}
	path := filepath.Join(t.TempDir(), "digit.png")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := png.Encode(out, sheet); err != nil {
		t.Fatal(err)
	}
	return path
}
