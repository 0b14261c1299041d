package layer

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
)

// Initializers are the kernel initialisers that Init takes, by their Keras names.
var Initializers = []string{"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "random_uniform", "random_normal", "zeros", "ones"}

// Initial gives the first values of p in the layer called name, drawn from seed.
// Equal seeds and names give equal values on every machine and backend.
func (p Param) Initial(name string, seed uint64) []float32 {
	if p.Draw != nil {
		return p.Draw(name, seed)
	}
	values := make([]float32, p.Size())
	h := fnv.New64a()
	h.Write([]byte(name + "/" + p.Name))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	draw := p.draw(rng)
	for i := range values {
		values[i] = float32(draw())
	}
	return values
}

// draw returns the function that makes one value by the rule p.Init.
func (p Param) draw(rng *rand.Rand) func() float64 {
	uniform := func(limit float64) func() float64 {
		return func() float64 { return (2*rng.Float64() - 1) * limit }
	}
	// Keras draws from a normal cut off at two standard deviations and widens
	// it so that the variance stays.
	normal := func(variance float64) func() float64 {
		sd := math.Sqrt(variance) / 0.87962566103423978
		return func() float64 {
			for {
				if x := rng.NormFloat64(); math.Abs(x) <= 2 {
					return x * sd
				}
			}
		}
	}
	inputs, units := p.Fans()
	in, out := float64(inputs), float64(units)
	rule, distribution, _ := strings.Cut(p.Init, "_")
	gain, fan := 1.0, in // lecun's: the variance is gain/fan
	switch rule {
	case "ones":
		return func() float64 { return 1 }
	case "zeros":
		return func() float64 { return 0 }
	case "random":
		if distribution == "normal" {
			return func() float64 { return rng.NormFloat64() * 0.05 }
		}
		return uniform(0.05)
	case "glorot":
		gain, fan = 2, in+out
	case "he":
		gain = 2
	}
	if distribution == "normal" {
		return normal(gain / fan)
	}
	return uniform(math.Sqrt(3 * gain / fan))
}

// Fans are how many inputs reach one unit, and how many units one input reaches. The
// last axis are the units, the axes before it the inputs of a unit; each place of a
// convolution's kernel reaches its filters.
func (p Param) Fans() (inputs, units int) {
	last := len(p.Shape) - 1
	return product(p.Shape[:last]), product(p.Shape[:max(0, last-1)]) * p.Shape[last]
}
