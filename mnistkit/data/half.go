package data

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
)

// The two halves of a data set, as places of their images in published.files; labels follow.
const (
	trainFile = 0
	testFile  = 2
)

// half is the training or the test file of a data set, with its labels read.
type half struct {
	source
	file   int     // trainFile or testFile
	labels Array   // class numbers of all its images
	index  []int32 // where the images of the bundled sample lie in the full files; else nil
}

// half finds a half of the recipe's data.
func (r Recipe) half(file int) (h half, err error) {
	h.file = file
	if h.source, err = r.find(); err != nil {
		return h, err
	}
	if h.labels, err = h.readLabels(file + 1); err != nil {
		return h, err
	}
	if h.kind == sampled {
		h.index, err = sampleIndex(h.dataset, file)
	}
	return h, err
}

// open opens the images.
func (h half) open() (*idxFile, error) {
	images, err := h.source.open(h.file)
	if err != nil {
		return nil, err
	}
	if n := images.sides[0]; n != h.labels.Len() {
		return nil, cmp.Or(images.Close(), fmt.Errorf("%s has %d images but %s has %d labels; the files must belong together", h.name(h.file), n, h.name(h.file+1), h.labels.Len()))
	}
	return images, nil
}

// set reads the examples at the indices; name is "train" or so.
func (h half) set(name string, images *idxFile, indices []int32) (*Set, error) {
	inputs, err := images.take(indices)
	if err != nil {
		return nil, err
	}
	s := &Set{Name: h.dataset + "/" + name, Inputs: inputs, Labels: h.labels.Take(indices), Classes: known[h.dataset].classes, Index: indices, Notice: h.notice}
	if h.index != nil {
		s.Index = take(h.index, 1, indices)
	}
	return s, nil
}

// idxFile is one of the four files, unpacked and checked.
type idxFile struct {
	contents
	sides []int // [60000 28 28]
	name  string
}

// open opens one of the four files.
func (s source) open(i int) (*idxFile, error) {
	file, err := s.contents(i)
	if err != nil {
		return nil, err
	}
	f := &idxFile{contents: file, name: s.name(i)}
	kind, sides, err := f.header()
	if f.sides = sides; err != nil {
		return nil, cmp.Or(f.Close(), fmt.Errorf("%s: %w; replace it", f.name, err))
	}
	wanted, fits := "labels, one uint8 each", len(sides) == 1
	if i == trainFile || i == testFile {
		wanted, fits = "images, uint8 with 2 or 3 sides each", len(sides) == 3 || len(sides) == 4
	}
	if !fits || kind != idxUint8 {
		return nil, cmp.Or(f.Close(), fmt.Errorf("%s: expected %s, found %d examples of %s with shape %v; are two files swapped?",
			f.name, wanted, sides[0], idxTypes[kind], sides[1:]))
	}
	return f, nil
}

// contents opens one of the four files; in a searched place it must be the published one.
func (s source) contents(i int) (contents, error) {
	want := known[s.dataset].files[i]
	if s.kind == sampled {
		b, err := sampleFile(s.dataset, want.Name)
		return inMemory(b, want.SHA256), err
	}
	c, err := open(s.paths[i])
	if err == nil && c.sha != want.SHA256 && s.kind == "full" {
		err = c.unexpected(s.dataset, want, s.name(i))
		_ = c.Close() // it was read only
	}
	return c, err
}

// name is what to call one of the four files in a message.
func (s source) name(i int) string {
	switch {
	case s.npz != "":
		return s.npz + ": " + kerasArrays[i]
	case s.paths[i] != "":
		return s.paths[i]
	}
	return s.dir + ": " + known[s.dataset].files[i].Name
}

// readLabels reads the class numbers of one half.
func (s source) readLabels(i int) (Array, error) {
	f, err := s.open(i)
	if err != nil {
		return Array{}, err
	}
	defer f.Close()
	labels, err := f.take(span(0, f.sides[0]))
	if err != nil {
		return Array{}, err
	}
	classes := known[s.dataset].classes
	if high := int(slices.Max(labels.U8)); high >= len(classes) {
		return Array{}, fmt.Errorf("%s: labels go up to %d but %s has %d classes; number them from 0", f.name, high, s.dataset, len(classes))
	}
	return Array{Shape: []int{}, I32: labels.Int32().I32}, nil
}

// shape is that of one example, with the one channel of grey images.
func (f *idxFile) shape() []int {
	shape := f.sides[1:]
	if len(shape) == 2 {
		shape = append(slices.Clip(shape), 1)
	}
	return shape
}

// take reads the examples at the indices; ascending ones are read fastest. The processors share
// the work, most of which is the system's: making memory.
func (f *idxFile) take(indices []int32) (Array, error) {
	a := Array{Shape: f.shape()}
	size := a.Size()
	a.U8 = make([]uint8, len(indices)*size)
	shares := runtime.GOMAXPROCS(0)
	errs := make([]error, shares)
	var group sync.WaitGroup
	for i := range shares {
		from, to := i*len(indices)/shares, (i+1)*len(indices)/shares
		group.Go(func() { errs[i] = f.gather(a.U8[from*size:to*size], size, indices[from:to]) })
	}
	group.Wait()
	return a, cmp.Or(errs...)
}

// gather reads blocks and copies what is asked for out of them.
func (f *idxFile) gather(out []byte, size int, indices []int32) error {
	start := int64(4 + 4*len(f.sides))
	block := make([]byte, max(1, 1<<18/size)*size)
	from, to := 0, 0 // the examples in it
	for k, index := range indices {
		i := int(index)
		if i < from || i >= to {
			n, err := f.ReadAt(block, start+int64(i*size))
			if n < size {
				return fmt.Errorf("%s changed while it was read (%w); run the cell again", f.name, cmp.Or(err, io.ErrUnexpectedEOF))
			}
			from, to = i, i+n/size
		}
		copy(out[k*size:(k+1)*size], block[(i-from)*size:])
	}
	return nil
}
