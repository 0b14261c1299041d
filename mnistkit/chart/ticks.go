package chart

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// epochTicks are whole numbers, at most about ten.
type epochTicks struct{}

func (epochTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := 1
	for _, next := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if (high-low)/float64(step) <= 10 {
			break
		}
		step = next
	}
	for e := int(math.Ceil(low)); float64(e) <= high; e++ {
		if e%step == 0 || step > 1 && e == 1 {
			ticks = append(ticks, plot.Tick{Value: float64(e), Label: strconv.Itoa(e)})
		}
	}
	return ticks
}

// roundTicks are four to eight multiples of 1, 2 or 5, all with the same
// number of decimals.
type roundTicks struct{}

func (roundTicks) Ticks(low, high float64) (ticks []plot.Tick) {
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
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step+0, format, decimals, 64)})
	}
	return ticks
}
