package training

import (
	"fmt"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// Shifted is the same run, whose Predict gives the mean of its answers for each image moved
// by up to so many pixels, to all sides: for 1 of nine views. Predict is all that it changes.
//
//	answers := must.M1(lenet.Shifted(1).Predict(digits.Test()))
//	fmt.Println(answers.Accuracy())
//
// What comes in from outside of the image is 0. This is test-time augmentation; the training
// should have seen such images, as with layer.RandomTranslation.
func (r Run) Shifted(pixels int) Run { r.shift = pixels; return r }

// checkShift says in a sentence why the views of a set cannot be made, if they cannot.
func (r Run) checkShift(set *data.Set) error {
	shape := set.Inputs.Shape
	switch {
	case r.shift == 0:
		return nil
	case len(shape) != 3:
		return fmt.Errorf("Shifted moves images, but the examples of %q have the shape %v; leave it out", set.Name, shape)
	case r.shift < 0 || r.shift >= min(shape[0], shape[1]):
		return fmt.Errorf("Shifted(%d) cannot move images of %d×%d pixels; give fewer pixels, such as 1", r.shift, shape[0], shape[1])
	}
	return nil
}

// refuseShift is an error where only Predict looks at views.
func (r Run) refuseShift() error {
	if r.shift != 0 {
		return fmt.Errorf("Shifted(%d) is for Predict alone, whose answers have an Accuracy(); leave it out here", r.shift)
	}
	return nil
}

// views is the mean of the answers of s for all views of a set, which it has already.
func (r Run) views(s session.Session, set *data.Set) (mean data.Array, err error) {
	ctx, stop := interruptible(r.ctx)
	defer stop()
	side := 2*r.shift + 1
	var sums []float64
	for view := range side * side {
		if r.shift > 0 {
			in, down, right := set.Inputs, view/side-r.shift, view%side-r.shift
			in.U8, in.I32, in.F32 = moved(in.U8, in.Shape, down, right), moved(in.I32, in.Shape, down, right), moved(in.F32, in.Shape, down, right)
			err = session.PutSet(s, askedSet, (&data.Set{Name: set.Name, Inputs: in}).Chunks())
		}
		if err == nil {
			mean, err = s.Predict(ctx, askedSet)
		}
		if err != nil {
			return mean, err
		}
		if sums == nil {
			sums = make([]float64, len(mean.F32))
		}
		for i, v := range mean.F32 {
			sums[i] += float64(v)
		}
	}
	for i, sum := range sums {
		mean.F32[i] = float32(sum / float64(side*side))
	}
	return mean, nil
}

// moved are images [height width channels], moved by less pixels than they have.
func moved[T any](values []T, shape []int, down, right int) []T {
	if values == nil {
		return nil
	}
	height, row, aside := shape[0], shape[1]*shape[2], right*shape[2]
	list := make([]T, len(values))
	for image := 0; image < len(values); image += height * row {
		for y := max(0, down); y < min(height, height+down); y++ {
			to, from := list[image+y*row:][:row], values[image+(y-down)*row:][:row]
			copy(to[max(0, aside):], from[max(0, -aside):])
		}
	}
	return list
}
