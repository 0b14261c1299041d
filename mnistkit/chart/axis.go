package chart

import (
	"fmt"
	"math"
	"strconv"
)

// axis is one side of a plot: what it spans, and how.
type axis struct {
	name        string
	low, high   float64
	logarithmic bool
	ticks       []tick
}

// axisOf spans values; those that are not finite are passed over.
func axisOf(values ...float64) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		if finite(v) {
			a.low, a.high = min(a.low, v), max(a.high, v)
		}
	}
	return a
}

// named is the axis under a name.
func (a axis) named(name string) axis { a.name = name; return a }

func (a axis) empty() bool { return a.low > a.high }

// rangeText is "from 1.2 to 3.4".
func rangeText(values []float64) string {
	a := axisOf(values...)
	if a.empty() {
		return "without a number"
	}
	return fmt.Sprintf("from %.4g to %.4g", a.low, a.high)
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// widened leaves air at both ends, of at least least; a single value, or values that
// only rounding tells apart, get a little range of their own.
func (a axis) widened(least float64) axis {
	if a.empty() {
		a.low, a.high, a.logarithmic = 0, 1, false // nothing to draw
	}
	if a.logarithmic {
		a.low, a.high = a.low/1.3, a.high*1.3
		return a
	}
	air := max(0.05*(a.high-a.low), least)
	if air <= 1e-12*math.Abs(a.high) {
		air = max(0.1*math.Abs(a.high), 1e-3)
	}
	a.low, a.high = a.low-air, a.high+air
	return a
}

// rounded is the axis with air at its ends and round numbers.
func (a axis) rounded() axis {
	a = a.widened(0)
	a.ticks = roundTicks(a.low, a.high)
	if a.logarithmic {
		a.ticks = powerTicks(a.low, a.high)
	}
	return a
}

// share is how far along the axis a value lies, from 0 to 1.
func (a axis) share(v float64) float64 {
	if a.logarithmic {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// tick is a place on an axis; without a label it is a small one.
type tick struct {
	value float64
	label string
}

// roundStep is the smallest of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … that is not below
// least.
func roundStep(least float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(least))))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= least {
			return times * power
		}
	}
	return 10 * power
}

// multiples are the ticks at the multiples of a step, all with the same number of
// decimals.
func multiples(step, low, high float64) (ticks []tick) {
	text := rounding(step, max(-low, high))
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-12); i++ {
		ticks = append(ticks, tick{i * step, text(i * step)})
	}
	return ticks
}

// rounding writes multiples of a step, all with the same number of decimals.
func rounding(step, high float64) func(v float64) string {
	format, decimals := byte('f'), max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if high >= 1e5 || decimals > 5 {
		format, decimals = 'g', -1
	}
	return func(v float64) string {
		v = math.Round(v/step)*step + 0
		if format == 'g' { // 3 times 1e-7 is 3.0000000000000004e-07
			v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
		}
		return strconv.FormatFloat(v, format, decimals, 64)
	}
}

// roundTicks are four to eight round numbers.
func roundTicks(low, high float64) []tick {
	if !(high > low) || math.IsInf(high-low, 0) {
		return nil
	}
	return multiples(roundStep((high-low)/8), low, high)
}

// countTicks are whole numbers from 0.
func countTicks(high float64) []tick { return multiples(roundStep(max(1, high/8)), 0, high) }

// epochTicks are whole numbers from 1, at most about ten.
func epochTicks(low, high float64) []tick {
	step := roundStep(max(1, (high-low)/10))
	ticks := multiples(step, max(low, 1), high) // there is no epoch 0
	if step > 1 && low <= 1 {
		ticks = append([]tick{{1, "1"}}, ticks...)
	}
	return ticks
}

// powerTicks are the powers of ten, with small ticks at their multiples; of very many
// powers, such as those of a loss that explodes, some without.
func powerTicks(low, high float64) (ticks []tick) {
	first := math.Floor(math.Log10(low))
	every, most := int(roundStep(max(1, (math.Log10(high)-first)/10))), 9
	if every > 1 {
		first, most = float64(every)*math.Floor(first/float64(every)), 1
	}
	for power := int(first); math.Pow10(power) <= high; power += every {
		for times := 1; times <= most; times++ {
			t := tick{value: float64(times) * math.Pow10(power)}
			if times == 1 {
				t.label = strconv.FormatFloat(t.value, 'g', -1, 64)
			}
			if t.value >= low && t.value <= high {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}
