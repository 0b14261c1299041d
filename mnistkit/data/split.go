package data

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Split says how validation examples are taken from the training file; the zero Split takes none.
//
//	data.Split{Kind: data.Holdout, Fraction: 0.15, Seed: 1}
//
// The methods of Recipe set it.
type Split struct {
	Kind     string  `json:"kind,omitempty"`     // one of the constants below; "" takes none
	Fraction float64 `json:"fraction,omitempty"` // that becomes the validation set, between 0 and 1
	Seed     uint64  `json:"seed,omitempty"`     // of the shuffle; 0 is a seed like any other
}

// The kinds of Split.
const (
	Holdout    = "holdout"    // examples drawn once
	Stratified = "stratified" // examples drawn once, with the same share of each class
	Last       = "last"       // the last examples, in file order, as Keras' validation_split
	Reshuffled = "reshuffled" // examples drawn anew every epoch, which leaks
)

// Holdout draws a fraction of the training examples as the validation set, once, from the seed.
//
//	data.MNIST().Holdout(0.15) // 51,000 and 9,000
//
// Both parts stay in file order.
func (r Recipe) Holdout(fraction float64) Recipe {
	r.Split.Fraction = fraction
	if r.Split.Kind == "" || r.Split.Kind == Last {
		r.Split.Kind = Holdout
	}
	return r
}

// Stratified gives each class its share of the Holdout, to within one example.
//
//	data.MNIST().Holdout(0.15).Stratified()
func (r Recipe) Stratified() Recipe { r.Split.Kind = Stratified; return r }

// LastFraction takes the last examples of the training file, unshuffled, as the validation set.
//
//	data.MNIST().LastFraction(0.15) // Keras' validation_split=0.15
func (r Recipe) LastFraction(fraction float64) Recipe {
	r.Split.Kind, r.Split.Fraction = Last, fraction
	return r
}

// Reshuffled draws the Holdout anew every epoch, so that validation examples leak into training.
//
//	data.MNIST().Holdout(0.15).Reshuffled()
//
// tf.data's shuffle().take()/skip() does this. Train then gives all examples, Validation gives
// nil, and EpochSplit gives the parts.
func (r Recipe) Reshuffled() Recipe { r.Split.Kind = Reshuffled; return r }

// Seed sets the seed of the Holdout; the default is 0.
//
//	data.MNIST().Holdout(0.15).Seed(1)
func (r Recipe) Seed(n uint64) Recipe { r.Split.Seed = n; return r }

// EpochSplit draws the parts of one epoch of a Reshuffled recipe: indices into Train.
//
//	train, validation, ok, err := leaky.EpochSplit(epoch)
//
// The parts come from two independent shuffles, as in tf.data, where each pass shuffles anew. So
// they overlap within one epoch. For other recipes ok is false.
func (r Recipe) EpochSplit(epoch int) (train, validation []int32, ok bool, err error) {
	if r.Split.Kind != Reshuffled {
		return nil, nil, false, r.check()
	}
	_, all, _, err := r.trainingHalf()
	if err != nil {
		return nil, nil, false, err
	}
	cut, err := r.Split.cut(len(all))
	if err != nil {
		return nil, nil, false, err
	}
	// Stream 0 belongs to the splits that are drawn once.
	stream := 1 + 2*uint64(epoch)
	train = shuffled(len(all), r.Split.Seed, stream)[:cut]
	validation = shuffled(len(all), r.Split.Seed, stream+1)[cut:]
	return train, validation, true, nil
}

// divide chooses the training and validation examples among the labels of the training file,
// both ascending; validation is nil if nothing is held out once.
func (r Recipe) divide(labels []int32) (train, validation []int32, err error) {
	all := firstIndices(len(labels))
	if r.PerClass > 0 {
		all = firstPerClass(labels, r.PerClass)
	}
	if r.Most > 0 {
		all = all[:min(len(all), r.Most)]
	}
	if !r.Split.fixed() {
		return all, nil, nil
	}
	kept, held, err := r.Split.Divide(len(all), Array{I32: labels}.Take(all).I32)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", r.Dataset, err)
	}
	chosen := Array{I32: all}
	return chosen.Take(kept).I32, chosen.Take(held).I32, nil
}

// Divide draws which of n examples are held out and which stay, both ascending.
//
//	rest, held, err := data.Split{Kind: data.Stratified, Fraction: 0.2}.Divide(150, train.Labels.I32)
//
// labels are the class numbers, which only Stratified needs. The zero Split and Reshuffled hold
// out nothing.
func (s Split) Divide(n int, labels []int32) (rest, held []int32, err error) {
	if err := s.Check(); err != nil {
		return nil, nil, err
	}
	if !s.fixed() {
		return firstIndices(n), nil, nil
	}
	cut, err := s.cut(n)
	if err != nil {
		return nil, nil, err
	}
	order := firstIndices(n)
	if s.Kind != Last {
		order = shuffled(n, s.Seed, 0)
	}
	if s.Kind == Stratified {
		if len(labels) != n {
			return nil, nil, fmt.Errorf("the stratified split needs the class of each example, and there are %d classes for %d examples; use Holdout for values", len(labels), n)
		}
		order = stratify(order, labels, cut)
	}
	return slices.Sorted(slices.Values(order[:cut])), slices.Sorted(slices.Values(order[cut:])), nil // in file order
}

// fixed says whether a validation set is taken once.
func (s Split) fixed() bool { return s.Kind != "" && s.Kind != Reshuffled }

// cut is the number of training examples among n: Keras' floor(n·(1-fraction)).
func (s Split) cut(n int) (int, error) {
	cut := int(math.Floor(float64(n) * (1 - s.Fraction)))
	if cut < 1 || cut >= n {
		return 0, fmt.Errorf("a fraction of %g of %d examples leaves one subset empty; choose another fraction", s.Fraction, n)
	}
	return cut, nil
}

// Suffix is the name of the split in an ID: ":holdout(0.15,seed 1)".
func (s Split) Suffix() string {
	switch s.Kind {
	case "":
		return ""
	case Last:
		return fmt.Sprintf(":last(%g)", s.Fraction)
	}
	return fmt.Sprintf(":%s(%g,seed %d)", s.Kind, s.Fraction, s.Seed)
}

// Check reports a split that cannot be made.
func (s Split) Check() error {
	switch s.Kind {
	case "":
		return nil
	case Holdout, Stratified, Last, Reshuffled:
	default:
		return fmt.Errorf("split kind %.80q is not known; use Holdout, Stratified, LastFraction or Reshuffled", s.Kind)
	}
	if !(s.Fraction > 0 && s.Fraction < 1) {
		return fmt.Errorf("the %s split takes a fraction of %g; give one between 0 and 1, such as Holdout(0.15)", s.Kind, s.Fraction)
	}
	return nil
}

// shuffled is a permutation of 0..n-1 that depends on the seed and the stream only.
func shuffled(n int, seed, stream uint64) []int32 {
	order := firstIndices(n)
	rand.New(rand.NewPCG(seed, stream)).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// stratify moves examples so that order[cut:] has each class's share, to within one, by
// largest remainders.
func stratify(order, labels []int32, cut int) []int32 {
	byClass := map[int32][]int32{}
	for _, i := range order {
		byClass[labels[i]] = append(byClass[labels[i]], i)
	}
	n, held := len(order), len(order)-cut
	remainder := func(class int32) int { return len(byClass[class]) * held % n }
	classes := slices.SortedFunc(maps.Keys(byClass), func(a, b int32) int {
		return cmp.Or(cmp.Compare(remainder(b), remainder(a)), cmp.Compare(a, b))
	})
	left := held // after each class has the whole part of its share
	for _, members := range byClass {
		left -= len(members) * held / n
	}
	var train, validation []int32
	for i, class := range classes {
		members := byClass[class]
		share := len(members) * held / n
		if i < left {
			share++
		}
		validation = append(validation, members[:share]...)
		train = append(train, members[share:]...)
	}
	return append(train, validation...)
}
