package data

import (
	"fmt"
	"io"
	"slices"
)

// The two halves of a data set, as places of their images in published.files; labels follow.
const (
	trainFile = 0
	testFile  = 2
)

// half is the training or the test file of a data set, with its labels read.
type half struct {
	source
	file   int // trainFile or testFile
	all    Set // its examples without their images
	images contents
}

// half finds a half of the recipe's data. Its images are not open yet.
func (r Recipe) half(file int) (h half, err error) {
	h.file = file
	if h.source, err = r.find(); err != nil {
		return h, err
	}
	h.all = Set{Classes: slices.Clone(known[h.dataset].classes), Notice: h.notice}
	if h.all.Labels, err = h.readLabels(file + 1); err != nil {
		return h, err
	}
	if h.kind == sampled {
		h.all.Index, err = sampleIndex(h.dataset, file)
	}
	return h, err
}

// openImages opens the images. The user's own in a .gz file are unpacked for it, which takes long.
func (h *half) openImages() (err error) {
	if h.images, err = h.open(h.file); err != nil {
		return err
	}
	if n := h.images.sides[0]; n != h.all.Len() {
		return fmt.Errorf("%s has %d images but %s has %d labels; the files must belong together",
			h.name(h.file), n, h.name(h.file+1), h.all.Len())
	}
	return nil
}

// trainingHalf finds the training file, and the examples of it for training and for validation.
func (r Recipe) trainingHalf() (h half, train, validation []int32, err error) {
	if h, err = r.half(trainFile); err == nil {
		train, validation, err = r.divide(h.all.Labels.I32)
	}
	return h, train, validation, err
}

// set reads the examples at the indices; name is "train" or so.
func (h half) set(name string, indices []int32) (s *Set, err error) {
	s = h.all.choose(choice{indices: indices}, "")
	s.Name = h.dataset + "/" + name
	s.Inputs, err = h.images.take(indices)
	return s, err
}

// open opens one of the four files; in a searched folder it must be the published one.
func (s source) open(i int) (f contents, err error) {
	published := known[s.dataset].files[i]
	if s.kind == sampled {
		b, failed := sampleFile(s.dataset, published.Name)
		f, err = inMemory(b, published.SHA256), failed
	} else {
		f, err = open(s.paths[i])
	}
	if f.name = s.name(i); err != nil {
		return f, err
	}
	if s.kind == "full" && f.sha != published.SHA256 {
		return f, f.unexpected(s.dataset, published)
	}
	kind, sides, err := f.header()
	if err != nil {
		return f, fmt.Errorf("%s: %w; replace it", f.name, err)
	}
	wanted, fits := "labels, one uint8 each", len(sides) == 1
	if i == trainFile || i == testFile {
		wanted, fits = "images, uint8 with 2 or 3 sides each", len(sides) == 3 || len(sides) == 4
	}
	if !fits || idxTypes[kind].name != "uint8" {
		return f, fmt.Errorf("%s: expected %s, found %d examples of %s with shape %v; are two files swapped?",
			f.name, wanted, sides[0], idxTypes[kind].name, sides[1:])
	}
	f.sides = sides
	return f, nil
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

func (s source) readLabels(i int) (Array, error) {
	f, err := s.open(i)
	if err != nil {
		return Array{}, err
	}
	labels, err := f.take(firstIndices(f.sides[0]))
	if err != nil {
		return Array{}, err
	}
	classes := known[s.dataset].classes
	if high := int(slices.Max(labels.U8)); high >= len(classes) {
		return Array{}, fmt.Errorf("%s: labels go up to %d but %s has %d classes; number them from 0", f.name, high, s.dataset, len(classes))
	}
	return labels.Int32(), nil
}

// shape is that of one example, with the one channel of grey images.
func (c contents) shape() []int {
	shape := c.sides[1:]
	if len(shape) == 2 {
		shape = append(slices.Clip(shape), 1)
	}
	return shape
}

// take reads the examples at the indices. Those that follow each other are read at once.
func (c contents) take(indices []int32) (Array, error) {
	a := Array{Shape: c.shape()}
	size := a.Size()
	a.U8 = make([]uint8, len(indices)*size)
	header := 4 + 4*len(c.sides)
	err := c.read(func(r io.ReaderAt) error {
		for from, to := 0, 0; from < len(indices); from = to {
			for to = from + 1; to < len(indices) && indices[to] == indices[to-1]+1; {
				to++
			}
			values := a.U8[from*size : to*size]
			if n, err := r.ReadAt(values, int64(header+int(indices[from])*size)); n < len(values) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("%s changed while it was read (%w); run the cell again", c.name, err)
	}
	return a, err
}
