package layer

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/internal/strict"
)

// kinds are the types of all layers, by the value of "layer" in their JSON objects. Settings
// that "omitempty" leaves out have defaults; the others are what the constructor takes.
var kinds = map[string]reflect.Type{}

func init() {
	for _, l := range []Layer{
		FlattenLayer{}, RescaleLayer{}, ActivationLayer{}, DropoutLayer{}, BatchNormLayer{}, DenseLayer{}, Conv2DLayer{},
		MaxPoolLayer{}, AveragePoolLayer{}, GlobalAveragePoolLayer{}, EmbeddingLayer{}, GlobalAveragePool1DLayer{},
		RandomTranslationLayer{}, RandomRotationLayer{}, RandomZoomLayer{}, RandomElasticTransformLayer{},
		AddLayer{}, ConcatenateLayer{}, CustomLayer{},
	} {
		kinds[l.Kind()] = reflect.TypeOf(l)
	}
}

// The names of the kinds are those of Keras' classes.

func (FlattenLayer) Kind() string                { return "Flatten" }
func (RescaleLayer) Kind() string                { return "Rescaling" }
func (ActivationLayer) Kind() string             { return "Activation" }
func (DropoutLayer) Kind() string                { return "Dropout" }
func (BatchNormLayer) Kind() string              { return "BatchNormalization" }
func (DenseLayer) Kind() string                  { return "Dense" }
func (Conv2DLayer) Kind() string                 { return "Conv2D" }
func (MaxPoolLayer) Kind() string                { return "MaxPooling2D" }
func (AveragePoolLayer) Kind() string            { return "AveragePooling2D" }
func (GlobalAveragePoolLayer) Kind() string      { return "GlobalAveragePooling2D" }
func (EmbeddingLayer) Kind() string              { return "Embedding" }
func (GlobalAveragePool1DLayer) Kind() string    { return "GlobalAveragePooling1D" }
func (RandomTranslationLayer) Kind() string      { return "RandomTranslation" }
func (RandomRotationLayer) Kind() string         { return "RandomRotation" }
func (RandomZoomLayer) Kind() string             { return "RandomZoom" }
func (RandomElasticTransformLayer) Kind() string { return "RandomElasticTransform" }
func (AddLayer) Kind() string                    { return "Add" }
func (ConcatenateLayer) Kind() string            { return "Concatenate" }
func (CustomLayer) Kind() string                 { return "Custom" }

// MarshalJSON writes the stack as a list of objects; "layer" holds the kind:
// {"layer":"Dense","units":10}.
func (s Stack) MarshalJSON() ([]byte, error) {
	list := make([]json.RawMessage, len(s))
	for i, l := range s {
		if l == nil {
			return nil, fmt.Errorf("layer %d of the model is nil", i+1)
		}
		body, err := json.Marshal(l)
		if err != nil {
			return nil, fmt.Errorf("layer %d, %s: %w", i+1, l.Kind(), err)
		}
		head := fmt.Sprintf(`{"layer":%q`, l.Kind())
		if string(body) != "{}" {
			head += ","
		}
		list[i] = json.RawMessage(head + string(body[1:]))
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Stack) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("a model is a JSON list of layers: %w", err)
	}
	stack := make(Stack, len(list))
	for i, raw := range list {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
		var kind string
		_ = json.Unmarshal(fields["layer"], &kind) // what is no string is no kind
		known, ok := kinds[kind]
		if !ok {
			return fmt.Errorf("layer %d is of the unknown kind %q; known are %s", i+1, kind, strings.Join(Kinds(), ", "))
		}
		delete(fields, "layer")
		settings, err := json.Marshal(fields)
		l := reflect.New(known)
		if err == nil {
			err = strict.Unmarshal(settings, l.Interface())
		}
		if err != nil {
			return fmt.Errorf("layer %d, %s: %w", i+1, kind, err)
		}
		stack[i] = l.Elem().Interface().(Layer)
	}
	*s = stack
	return nil
}

// GobEncode and GobDecode carry a stack over a pipe in its JSON form.
func (s Stack) GobEncode() ([]byte, error) { return s.MarshalJSON() }

// GobDecode reads what GobEncode wrote.
func (s *Stack) GobDecode(b []byte) error { return s.UnmarshalJSON(b) }

// Kinds lists the names of all layers, in alphabetical order.
//
//	layer.Kinds()
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

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
	constructor, methods := strings.TrimSuffix(v.Type().Name(), "Layer"), ""
	var args []string
	for _, f := range reflect.VisibleFields(v.Type()) {
		tag, _, hasDefault := strings.Cut(f.Tag.Get("json"), ",")
		value, isArg, setter := v.FieldByIndex(f.Index), !hasDefault, setters[tag]
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
	switch constructor {
	case "Add":
		constructor, methods = "Parallel", ".Add()"
	case "Concatenate":
		constructor = "Parallel"
	}
	code := constructor + "(" + strings.Join(args, ", ") + ")" + methods
	return strings.ReplaceAll(code, `Activation("relu")`, "ReLU()")
}

// setters are the methods that set what the constructors do not, by the names of
// the settings in JSON. Some take no value.
var setters = map[string]string{
	"activation": ".Activation(%s)", "kernel_initializer": ".Init(%s)", "l1": ".L1(%s)", "l2": ".L2(%s)", "no_bias": ".NoBias()%.0s",
	"padding": ".Same()%.0s", "strides": ".Stride(%s)", "momentum": ".Momentum(%s)", "mask_zero": ".MaskZero()%.0s",
}

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
