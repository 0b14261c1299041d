package layer

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Code writes a layer as a cell does, without the name of the package.
//
//	layer.Code(layer.Dense(128).ReLU()) // "Dense(128).ReLU()"
//
// What no constructor and no method sets is written as a literal of the layer's type.
func Code(l Layer) string {
	if c, ok := l.(CustomLayer); ok {
		return fmt.Sprintf("engine.Layer(%q, …)", c.Name)
	}
	if a, ok := l.(AddLayer); ok && len(a.Branches) == 2 && len(a.Branches[1]) == 0 {
		return "Residual(" + codes(a.Branches[0]) + ")"
	}
	v := reflect.ValueOf(l)
	words, methods := strings.Fields(constructors[l.Kind()]), ""
	var args []string
	for _, f := range reflect.VisibleFields(v.Type()) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		value, isArg, setter := v.FieldByIndex(f.Index), slices.Contains(words[1:], tag), setters[tag]
		if tag == "" || !isArg && value.IsZero() {
			continue
		}
		value = reflect.Indirect(value)
		text := literal(value)
		if sides, ok := value.Interface().([2]int); ok { // constructors and methods take one number for both
			text = fmt.Sprint(sides[0])
			if sides[0] != sides[1] {
				isArg, setter = false, ""
			}
		}
		switch {
		case isArg:
			args = append(args, text)
		case setter == "" || tag == "padding" && text != `"same"`:
			return literal(v)
		default:
			methods += fmt.Sprintf(setter, text)
		}
	}
	code := words[0] + "(" + strings.Join(args, ", ") + ")" + methods
	if l.Kind() == "Add" {
		code += ".Add()"
	}
	return strings.ReplaceAll(code, `Activation("relu")`, "ReLU()")
}

// setters are the methods that set what the constructors do not, by the names of
// the settings in JSON. Some take no value.
var setters = map[string]string{
	"activation": ".Activation(%s)", "kernel_initializer": ".Init(%s)", "l1": ".L1(%s)", "l2": ".L2(%s)", "no_bias": ".NoBias()%.0s",
	"padding": ".Same()%.0s", "strides": ".Stride(%s)", "momentum": ".Momentum(%s)", "mask_zero": ".MaskZero()%.0s",
}

// literal writes a value in Go.
func literal(v reflect.Value) string {
	var parts []string
	switch v.Kind() {
	case reflect.Pointer:
		return "new(" + literal(v.Elem()) + ")"
	case reflect.Float64:
		return number(v.Float())
	case reflect.Slice: // of branches
		for _, b := range v.Interface().([]Stack) {
			parts = append(parts, "Stack{"+codes(b)+"}")
		}
		return strings.Join(parts, ", ")
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); !v.Field(i).IsZero() {
				parts = append(parts, f.Name+": "+literal(v.Field(i)))
			}
		}
		return v.Type().Name() + "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprintf("%#v", v)
}

// codes are layers, one after the other.
func codes(s Stack) string {
	list := make([]string, len(s))
	for i, l := range s {
		list[i] = Code(l)
	}
	return strings.Join(list, ", ")
}

// number writes 1.0 / 255 in place of many digits.
func number(v float64) string {
	short := strconv.FormatFloat(v, 'g', -1, 64)
	if n := math.Round(1 / v); len(short) > 10 && 1/n == v {
		return fmt.Sprintf("1.0 / %g", n)
	}
	return short
}
