package layer

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Initializers are the kernel initialisers that Init takes, by their Keras names.
var Initializers = []string{"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "random_uniform", "random_normal", "zeros", "ones"}

func checkInitializer(name string) error {
	if name == "" || slices.Contains(Initializers, name) {
		return nil
	}
	return fmt.Errorf("initialiser %q is unknown; known are %v", name, Initializers)
}

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
	in, out := float64(max(1, p.FanIn)), float64(max(1, p.FanOut))
	switch p.Init {
	case "ones":
		return func() float64 { return 1 }
	case "glorot_uniform":
		return uniform(math.Sqrt(6 / (in + out)))
	case "glorot_normal":
		return normal(2 / (in + out))
	case "he_uniform":
		return uniform(math.Sqrt(6 / in))
	case "he_normal":
		return normal(2 / in)
	case "lecun_uniform":
		return uniform(math.Sqrt(3 / in))
	case "lecun_normal":
		return normal(1 / in)
	case "random_uniform":
		return uniform(0.05)
	case "random_normal":
		return func() float64 { return rng.NormFloat64() * 0.05 }
	}
	return func() float64 { return 0 }
}
