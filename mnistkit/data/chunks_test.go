package data

import (
	"path/filepath"
	"testing"
)

// join puts chunks together again.
func join(t *testing.T, chunks Chunks) *Set {
	t.Helper()
	all := &Set{}
	for chunk, err := range chunks.Each {
		if err != nil {
			t.Fatal(err)
		}
		if values := chunk.Inputs.values(); values > chunkValues && chunk.Len() > 1 {
			t.Errorf("a chunk of %d values", values)
		}
		all.Name, all.Classes, all.Notice = chunk.Name, chunk.Classes, chunk.Notice
		all.Inputs.Shape, all.Inputs.U8 = chunk.Inputs.Shape, append(all.Inputs.U8, chunk.Inputs.U8...)
		all.Labels.Shape, all.Labels.I32 = chunk.Labels.Shape, append(all.Labels.I32, chunk.Labels.I32...)
		all.Index = append(all.Index, chunk.Index...)
	}
	if all.Len() != chunks.N {
		t.Errorf("%d examples came, %d were announced", all.Len(), chunks.N)
	}
	return all
}

// TestChunks: put together the chunks are the set, read from checked files and
// from others, and again from its own chunks.
func TestChunks(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	const n = 3*chunkValues/784 + 5 // four chunks
	images, labels := make([]uint8, 784*n), make([]uint8, n)
	for i := range images {
		images[i] = uint8(i / 7)
	}
	for i := range labels {
		labels[i] = uint8(i % 3)
	}
	set.files[0], set.files[1] = encoded(t, Array{Shape: []int{28, 28}, U8: images}), encoded(t, Array{U8: labels})
	plainDir, zipped := t.TempDir(), t.TempDir()
	set.write(t, plainDir, plain)
	set.write(t, zipped, func(name string) string { return name + ".gz" })
	for _, dir := range []string{plainDir, zipped} {
		tiny := Recipe{Dataset: "tiny"}.From(dir)
		for _, r := range []Recipe{tiny, tiny.Holdout(0.4), tiny.First(2000).LastFraction(0.25), tiny.FirstPerClass(7)} {
			for name, whole := range map[string]func() (*Set, error){"train": r.Train, "validation": r.Validation} {
				for range 2 { // before it is known that the files are sound, and after that
					chunks := must(InChunks(r, name))(t)
					want := must(whole())(t)
					if want == nil {
						if got := join(t, chunks); got.Len() != 0 {
							t.Errorf("%v: %d examples of %s", r, got.Len(), name)
						}
						continue
					}
					for _, got := range []*Set{join(t, chunks), join(t, chunks), join(t, want.Chunks())} {
						if got.Inputs.Len() != want.Len() || digestOf(got.Inputs, got.Labels) != digestOf(want.Inputs, want.Labels) {
							t.Errorf("%v: %s is not the same in chunks", r, name)
						}
						if want.Index != nil && digestOf(Array{I32: got.Index}) != digestOf(Array{I32: want.Index}) || got.Name != want.Name {
							t.Errorf("%v: %s has other places or another name", r, name)
						}
					}
				}
			}
		}
	}
}

// TestChunksEndEarly: who stops asking gets nothing more.
func TestChunksEndEarly(t *testing.T) {
	s := &Set{Inputs: Array{Shape: []int{chunkValues}, U8: make([]uint8, 3*chunkValues)}, Labels: Array{I32: make([]int32, 3)}}
	seen := 0
	for range s.Chunks().Each {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("%d chunks", seen)
	}
}

// TestChunksErrors: faults are told as Train tells them.
func TestChunksErrors(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := filepath.Join(t.TempDir(), "own")
	set.files[1] = set.files[3] // 12 labels for 30 images
	set.write(t, dir, plain)
	for name, want := range map[string]string{
		"train": "30 images but " + filepath.Join(dir, "train-labels-idx1-ubyte") + " has 12 labels",
		"test":  `the subset "test" is not known`,
	} {
		_, err := InChunks(Recipe{Dataset: "tiny"}.From(dir), name)
		wantError(t, err, want)
	}
}
