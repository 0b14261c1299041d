package chart

import (
	"math"
	"strconv"
)

// tick is a place on an axis; without a label it is a small one.
type tick struct {
	value float64
	label string
}

// epochTicks are whole numbers from 1, at most about ten.
func epochTicks(low, high float64) (ticks []tick) {
	step := 1
	for _, next := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if (high-low)/float64(step) <= 10 {
			break
		}
		step = next
	}
	for e := max(1, int(math.Ceil(low))); float64(e) <= high; e++ { // there is no epoch 0
		if e%step == 0 || step > 1 && e == 1 {
			ticks = append(ticks, tick{float64(e), strconv.Itoa(e)})
		}
	}
	return ticks
}

// roundTicks are four to eight multiples of 1, 2 or 5, all with the same
// number of decimals.
func roundTicks(low, high float64) (ticks []tick) {
	if !(high > low) || math.IsInf(high-low, 0) {
		return nil
	}
	power := int(math.Floor(math.Log10((high - low) / 4)))
	step := math.Pow10(power)
	for _, times := range []float64{2, 5, 10} {
		if (high-low)/step <= 8 {
			break
		}
		step = times * math.Pow10(power)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	format := byte('f')
	if high >= 1e5 || decimals > 5 {
		format, decimals = 'g', -1
	}
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-12); i++ {
		ticks = append(ticks, tick{i * step, strconv.FormatFloat(i*step+0, format, decimals, 64)})
	}
	return ticks
}

// powerTicks are the powers of ten, with small ticks at their multiples.
func powerTicks(low, high float64) (ticks []tick) {
	for power := int(math.Floor(math.Log10(low))); math.Pow10(power) <= high; power++ {
		for times := 1; times <= 9; times++ {
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
