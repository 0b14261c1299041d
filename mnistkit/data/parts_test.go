package data

import (
	"path/filepath"
	"testing"
)

// join puts parts together again.
func join(t *testing.T, parts Parts) *Set {
	t.Helper()
	all := &Set{}
	for part, err := range parts.Each {
		if err != nil {
			t.Fatal(err)
		}
		if values := part.Inputs.values(); values > partValues && part.Len() > 1 {
			t.Errorf("a part of %d values", values)
		}
		all.Name, all.Classes, all.Notice = part.Name, part.Classes, part.Notice
		all.Inputs.Shape, all.Inputs.U8 = part.Inputs.Shape, append(all.Inputs.U8, part.Inputs.U8...)
		all.Labels.Shape, all.Labels.I32 = part.Labels.Shape, append(all.Labels.I32, part.Labels.I32...)
		all.Index = append(all.Index, part.Index...)
	}
	if all.Len() != parts.N {
		t.Errorf("%d examples came, %d were announced", all.Len(), parts.N)
	}
	return all
}

// TestParts: put together the parts are the set, read from checked files and
// from others, and again from its own parts.
func TestParts(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	const n = 3*partValues/784 + 5 // four parts
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
				for range 2 { // before it is known that the files are sound, and behind that
					parts := must(InParts(r, name))(t)
					want := must(whole())(t)
					if want == nil {
						if got := join(t, parts); got.Len() != 0 {
							t.Errorf("%v: %d examples of %s", r, got.Len(), name)
						}
						continue
					}
					for _, got := range []*Set{join(t, parts), join(t, parts), join(t, want.Parts())} {
						if got.Inputs.Len() != want.Len() || digestOf(got.Inputs, got.Labels) != digestOf(want.Inputs, want.Labels) {
							t.Errorf("%v: %s is not the same in parts", r, name)
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

// TestPartsEndEarly: who stops asking gets nothing more.
func TestPartsEndEarly(t *testing.T) {
	s := &Set{Inputs: Array{Shape: []int{partValues}, U8: make([]uint8, 3*partValues)}, Labels: Array{I32: make([]int32, 3)}}
	seen := 0
	for range s.Parts().Each {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("%d parts", seen)
	}
}

// TestPartsErrors: faults are told as Train tells them.
func TestPartsErrors(t *testing.T) {
	set := newTiny(t, "tiny", 1)
	dir := filepath.Join(t.TempDir(), "own")
	set.files[1] = set.files[3] // 12 labels for 30 images
	set.write(t, dir, plain)
	for name, want := range map[string]string{
		"train": "30 images but " + filepath.Join(dir, "train-labels-idx1-ubyte") + " has 12 labels",
		"test":  `the part "test" is not known`,
	} {
		_, err := InParts(Recipe{Dataset: "tiny"}.From(dir), name)
		wantError(t, err, want)
	}
}
