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
	constructor, fields, _ := strings.Cut(constructors[l.Kind()], " ")
	taken := strings.Fields(fields)
	var args []string
	methods := ""
	for _, s := range settings(reflect.ValueOf(l)) {
		isArg := slices.Contains(taken, s.tag)
		if !isArg && s.value.IsZero() {
			continue
		}
		value, ok := argument(s.value)
		method := setters[s.tag]
		switch {
		case !ok || !isArg && method == "" || s.tag == "padding" && value != `"same"`:
			return literal(reflect.ValueOf(l))
		case isArg:
			args = append(args, value)
		case strings.HasSuffix(method, "()"):
			methods += "." + method
		default:
			methods += "." + method + "(" + value + ")"
		}
	}
	code := constructor + "(" + strings.Join(args, ", ") + ")" + methods
	if a, ok := l.(AddLayer); ok {
		code += ".Add()"
		if len(a.Branches) == 2 && len(a.Branches[1]) == 0 {
			code = "Residual(" + codes(a.Branches[0]) + ")"
		}
	}
	return strings.ReplaceAll(code, `Activation("relu")`, "ReLU()")
}

// setters are the methods that set what the constructors do not, by the names of
// the settings in JSON.
var setters = map[string]string{
	"activation": "Activation", "kernel_initializer": "Init", "l1": "L1", "l2": "L2", "no_bias": "NoBias()",
	"padding": "Same()", "strides": "Stride", "momentum": "Momentum", "mask_zero": "MaskZero()",
}

// setting is a field of a layer, or of a struct that is embedded there.
type setting struct {
	tag   string // its name in JSON
	value reflect.Value
}

func settings(v reflect.Value) (list []setting) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Anonymous {
			list = append(list, settings(v.Field(i))...)
		} else if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" {
			list = append(list, setting{tag, v.Field(i)})
		}
	}
	return list
}

// argument writes the value of a setting as constructors and methods take it; of a
// window they take one number for both sides.
func argument(v reflect.Value) (code string, ok bool) {
	switch v.Kind() {
	case reflect.Pointer:
		return argument(v.Elem())
	case reflect.Array:
		return fmt.Sprint(v.Index(0)), v.Index(0).Int() == v.Index(1).Int()
	}
	return literal(v), true
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
