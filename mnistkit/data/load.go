package data

import (
	"fmt"
	"slices"
)

// The two halves of a data set, as places of their files in published.files.
const (
	trainFile = 0
	testFile  = 2
)

// file reads one of the four files, unpacked and checked.
func (p place) file(i int) ([]byte, error) {
	want := known[p.dataset].files[i]
	if p.kind == "sample" {
		return sampleFile(p.dataset, want.Name)
	}
	contents, sha, err := load(p.paths[i])
	if err != nil {
		return nil, err
	}
	if sha != want.SHA256 && p.kind == "full" {
		return nil, unexpected(p.dataset, want, p.paths[i], contents, sha)
	}
	return contents, nil
}

// array decodes one of the four files.
func (p place) array(i int, wanted string, fits func(Array) bool) (Array, error) {
	contents, err := p.file(i)
	if err != nil {
		return Array{}, err
	}
	a, err := DecodeIDX(contents)
	if err != nil {
		return Array{}, fmt.Errorf("%s: %w; replace it", p.name(i), err)
	}
	if !fits(a) {
		return Array{}, fmt.Errorf("%s: expected %s, found %d examples of %s with shape %v; are two files swapped?",
			p.name(i), wanted, a.Len(), a.DType(), a.Shape)
	}
	return a, nil
}

// name is what to call one of the four files in a message.
func (p place) name(i int) string {
	if p.npz != "" {
		return p.npz + ": " + kerasArrays[i]
	}
	if p.paths[i] != "" {
		return p.paths[i]
	}
	return p.dir + ": " + known[p.dataset].files[i].Name
}

// images reads the images of one half, or those at the indices only: uint8,
// shape [height width channels]. It says how many the file holds.
func (p place) images(half int, indices []int32) (a Array, of int, err error) {
	var file *imageFile
	if indices != nil {
		file = p.imageFile(half)
	}
	if file != nil {
		defer file.Close()
		if of = file.sides[0]; below(indices, of) {
			a, err = file.take(indices)
		}
	} else {
		a, err = p.array(half, "images, uint8 with 2 or 3 sides each", func(a Array) bool {
			return a.U8 != nil && (len(a.Shape) == 2 || len(a.Shape) == 3)
		})
		if of = a.Len(); indices != nil && below(indices, of) {
			a = a.Take(indices)
		}
	}
	a.Shape = withChannels(a.Shape)
	return a, of, err
}

// shape is that of one half's images, and their number.
func (p place) shape(half int) (shape []int, n int, err error) {
	if file := p.imageFile(half); file != nil {
		return withChannels(file.sides[1:]), file.sides[0], file.Close()
	}
	a, n, err := p.images(half, nil)
	return a.Shape, n, err
}

// withChannels adds the one channel of grey images.
func withChannels(shape []int) []int {
	if len(shape) == 2 {
		shape = append(slices.Clip(shape), 1)
	}
	return shape
}

// below says whether all indices are places among n; if not, labels and images
// do not belong together.
func below(indices []int32, n int) bool { return int(slices.Max(indices)) < n }

// labels reads the class numbers of one half.
func (p place) labels(half int) (Array, error) {
	a, err := p.array(half+1, "labels, one uint8 each", func(a Array) bool {
		return a.U8 != nil && len(a.Shape) == 0
	})
	if err != nil {
		return Array{}, err
	}
	classes := known[p.dataset].classes
	if high := int(slices.Max(a.U8)); high >= len(classes) {
		return Array{}, fmt.Errorf("%s: labels go up to %d but %s has %d classes; number them from 0", p.name(half+1), high, p.dataset, len(classes))
	}
	numbers := make([]int32, len(a.U8))
	for i, label := range a.U8 {
		numbers[i] = int32(label)
	}
	return Array{Shape: []int{}, I32: numbers}, nil
}

// together reports images and labels of different numbers.
func (p place) together(half, images, labels int) error {
	if images == labels {
		return nil
	}
	return fmt.Errorf("%s has %d images but %s has %d labels; the files must belong together", p.name(half), images, p.name(half+1), labels)
}

// set reads one half, or its examples at the indices; name is "train" or so.
func (p place) set(half int, name string, indices []int32) (*Set, error) {
	images, n, err := p.images(half, indices)
	if err != nil {
		return nil, err
	}
	labels, err := p.labels(half)
	if err != nil {
		return nil, err
	}
	if err := p.together(half, n, labels.Len()); err != nil {
		return nil, err
	}
	s := &Set{
		Name:    p.dataset + "/" + name,
		Inputs:  images,
		Labels:  labels,
		Classes: known[p.dataset].classes,
		Notice:  p.notice,
	}
	if p.kind == "sample" {
		if s.Index, err = sampleIndex(p.dataset, half); err != nil {
			return nil, err
		}
	}
	if indices == nil {
		return s, nil
	}
	s.Labels = labels.Take(indices)
	if s.Index = take(s.Index, 1, indices); s.Index == nil {
		s.Index = indices
	}
	return s, nil
}
