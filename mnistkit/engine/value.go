package engine

import (
	"fmt"
	"html"
	"math"
	"reflect"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// Value is the result of a graph function: a number, or numbers in a shape.
//
//	kit.Show(engine.Eval(graph.Square, []float64{1, 2, 3})) // float64 [3]: [1 4 9]
//
// You can print it, read it and give it to Eval again. The zero Value holds
// nothing.
type Value struct{ t *tensors.Tensor }

// Shape is the size of each axis: [2 3] for two rows of three; empty for a
// single number.
//
//	v.Shape()
func (v Value) Shape() []int {
	if v.t == nil {
		return nil
	}
	return append([]int{}, v.t.Shape().Dimensions...)
}

// DType is the name of the type of the numbers: "float32", "int64", "bool" ….
//
//	v.DType()
func (v Value) DType() string {
	if v.t == nil {
		return ""
	}
	return strings.ToLower(v.t.DType().String())
}

// Go is the value in Go's types: a number, or slices of slices.
//
//	rows := v.Go().([][]float32)
func (v Value) Go() any {
	if v.t == nil {
		return nil
	}
	value, _ := v.t.ValueSafe() // fails for a tensor that was finalised; ours never is
	return value
}

// Tensor is the value as a tensor of GoMLX; nil for the zero Value. It is shared,
// not copied.
//
//	v.Tensor().Shape()
func (v Value) Tensor() *tensors.Tensor { return v.t }

// Values gives all numbers in one slice, with the last axis fastest; true is 1.
//
//	for i, x := range v.Values() { … }
func (v Value) Values() []float64 {
	var values []float64
	if v.t == nil {
		return nil
	}
	_ = v.t.ConstFlatData(func(flat any) { // fails as in Go
		list := reflect.ValueOf(flat)
		values = make([]float64, list.Len())
		for i := range values {
			values[i] = number(list.Index(i))
		}
	})
	return values
}

// Float is the number of a Value that holds one, else NaN.
//
//	slope := must.M1(engine.Gradients(f, 3.0))[0].Float()
func (v Value) Float() float64 {
	if values := v.Values(); len(values) == 1 {
		return values[0]
	}
	return math.NaN()
}

func number(x reflect.Value) float64 {
	if half, ok := x.Interface().(interface{ Float32() float32 }); ok {
		return float64(half.Float32())
	}
	switch {
	case x.Kind() == reflect.Bool && x.Bool():
		return 1
	case x.Kind() == reflect.Bool:
		return 0
	case x.CanConvert(reflect.TypeFor[float64]()):
		return x.Convert(reflect.TypeFor[float64]()).Float()
	}
	return math.NaN() // complex
}

// String gives type, shape and numbers: "float64 [2 2]: [[1 2] [3 4]]". It shows
// only the ends of long axes.
func (v Value) String() string {
	if v.t == nil {
		return "no value"
	}
	values, shape := v.Values(), v.t.Shape().Dimensions
	if len(shape) == 0 {
		return fmt.Sprintf("%s: %s", v.DType(), v.digits(values[0]))
	}
	intro := " "
	if len(shape) > 1 {
		intro = "\n"
	}
	return fmt.Sprintf("%s %v:%s%s", v.DType(), shape, intro, v.rows(values, shape, 1))
}

// Text is String with a line break.
func (v Value) Text() string { return v.String() + "\n" }

// HTML is String in a font of fixed width.
func (v Value) HTML() string {
	return `<pre style="margin:4px 0">` + html.EscapeString(v.String()) + `</pre>`
}

// ends is how many are shown of either end of an axis.
const ends = 4

// rows writes values of the given shape, indented so that brackets line up.
func (v Value) rows(values []float64, shape []int, indent int) string {
	if len(shape) == 0 {
		return v.digits(values[0])
	}
	n := shape[0]
	between := " "
	if len(shape) > 1 {
		between = strings.Repeat("\n", len(shape)-1) + strings.Repeat(" ", indent)
	}
	var parts []string
	for i := 0; i < n; i++ {
		if i == ends && n > 2*ends {
			parts, i = append(parts, "…"), n-ends
		}
		size := len(values) / n
		parts = append(parts, v.rows(values[i*size:(i+1)*size], shape[1:], indent+1))
	}
	return "[" + strings.Join(parts, between) + "]"
}

// digits writes a number with as many digits as its type is good for.
func (v Value) digits(x float64) string {
	switch v.DType() {
	case "bool":
		return fmt.Sprint(x == 1)
	case "float64":
		return fmt.Sprintf("%.8g", x)
	case "float32", "float16", "bfloat16":
		return fmt.Sprintf("%.6g", x)
	}
	return fmt.Sprintf("%.0f", x)
}
