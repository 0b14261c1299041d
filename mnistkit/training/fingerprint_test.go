package training

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

// edits calls try for each exported field of v that is written to JSON, nested
// ones and those of layers too, once with another value in it. place is where the
// field stands, name what it is called in JSON.
func edits(v reflect.Value, place, name string, try func(place, name string)) {
	set := func(other any) {
		t := reflect.ValueOf(other).Convert(v.Type())
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		v.Set(t)
		try(place, name)
		v.Set(was)
	}
	switch v.Kind() {
	case reflect.String:
		set(v.String() + "x")
	case reflect.Bool:
		set(!v.Bool())
	case reflect.Int, reflect.Uint64:
		set(v.Convert(reflect.TypeFor[int64]()).Int() + 1)
	case reflect.Float64, reflect.Float32:
		set(v.Float()/2 + 0.125)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
			try(place, name)
			v.SetZero()
			return
		}
		edits(v.Elem(), place, name, try)
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			edits(v.Index(i), fmt.Sprintf("%s[%d]", place, i), name, try)
		}
		if v.Kind() == reflect.Slice {
			was := v.Interface()
			longer := reflect.New(v.Type().Elem()).Elem()
			if l, ok := any(layer.Flatten()).(layer.Layer); ok && v.Type() == reflect.TypeFor[layer.Stack]() {
				longer.Set(reflect.ValueOf(l))
			}
			v.Set(reflect.Append(v, longer))
			try(place+"[+1]", name)
			v.Set(reflect.ValueOf(was))
		}
	case reflect.Map:
		v.SetMapIndex(reflect.ValueOf(1), reflect.ValueOf(0.25))
		try(place, name)
		v.SetZero()
	case reflect.Interface: // a layer
		inside := reflect.New(v.Elem().Type()).Elem()
		inside.Set(v.Elem())
		was := v.Interface()
		edits(inside, place+"("+v.Elem().Type().Name()+")", name, func(place, name string) {
			v.Set(inside)
			try(place, name)
		})
		v.Set(reflect.ValueOf(was))
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() && !f.Anonymous || f.Name == "AsTraining" || f.Name == "Devices" { // they only look at the data, or share the work
				continue
			}
			if tag == "" {
				tag = name
			}
			edits(v.Field(i), place+"."+f.Name, tag, try)
		}
	default:
		panic(fmt.Sprintf("%s is a %s: teach this test how to change it", place, v.Kind()))
	}
}

// everyKind has a layer of each kind with a value in each setting that is a list.
var everyKind = layer.Stack{
	layer.RandomTranslation(0.1, 0.2), layer.RandomRotation(0.03), layer.RandomZoom(0.1), layer.RandomElasticTransform(34, 4),
	layer.Rescale(1.0 / 255), layer.Conv2D(6, 5).Same().Stride(2).ReLU().L1(1e-4), layer.BatchNorm().Momentum(0.9),
	layer.MaxPool(2), layer.AveragePool(2).Same(), layer.GlobalAveragePool(), layer.Flatten(), layer.ReLU(), layer.Dropout(0.3),
	layer.Dense(7).Init("he_normal").L2(0.5).Tanh(), layer.Embedding(10, 2).MaskZero(), layer.GlobalAveragePool1D(),
	layer.Residual(layer.Dense(7)), layer.Parallel(layer.Stack{layer.Dense(2)}, layer.Stack{layer.Dense(3)}),
	layer.CustomLayer{Name: "mine", Fingerprint: "0123456789abcdef"},
}

// TestEveryKind: the list above has all layers there are.
func TestEveryKind(t *testing.T) {
	var s layer.Stack
	err := json.Unmarshal([]byte(`[{"layer":"?"}]`), &s)
	_, known, _ := strings.Cut(err.Error(), "known are ")
	for kind := range strings.SplitSeq(known, ", ") {
		if !slices.ContainsFunc(everyKind, func(l layer.Layer) bool { return l.Kind() == kind }) {
			t.Errorf("everyKind lacks %s", kind)
		}
	}
}

// TestEveryFieldCounts: whatever of a recipe is changed is named, so that an old
// model never answers for a new one. A field that is added needs nothing more.
func TestEveryFieldCounts(t *testing.T) {
	recipe := session.Recipe{
		Data: "mnist", Input: []int{28}, InputType: "uint8", Encoding: "pixels", Classes: []string{"a"}, Model: everyKind,
		Metrics: []string{"accuracy"}, ClassWeights: []float32{1}, Optimizer: session.Adam(1e-3),
	}
	b, err := json.Marshal(recipe)
	if err != nil {
		t.Fatal(err)
	}
	var changed session.Recipe
	if err := json.Unmarshal(b, &changed); err != nil {
		t.Fatal(err)
	}
	tried := 0
	edits(reflect.ValueOf(&changed).Elem(), "Recipe", "", func(place, _ string) {
		tried++
		list, err := runs.Differences(recipe, changed)
		field := strings.FieldsFunc(place, func(r rune) bool { return r == '.' || r == '[' })[1]
		if field == "Model" {
			field = "layer "
		}
		if err != nil || len(list) != 1 || !strings.HasPrefix(list[0], field) {
			t.Errorf("%s: got %q, %v; want one difference that names %q", place, list, err, field)
			return
		}
		_, values, _ := strings.Cut(list[0], " was ")
		if was, now, ok := strings.Cut(values, ", now "); ok == strings.HasSuffix(list[0], "computes something else") || ok && was == now {
			t.Errorf("%s: %q does not say what has changed", place, list[0])
		}
	})
	if left, err := runs.Differences(recipe, changed); tried < 70 || err != nil || len(left) != 0 {
		t.Fatalf("%d fields were tried; %q, %v is left of the changes", tried, left, err)
	}
}

// TestEveryFieldOfARun: each of its fields becomes part of the fingerprint, or is
// refused; the name is only a name.
func TestEveryFieldOfARun(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	base := Run{
		Data: data.MNIST(), Model: layer.Stack{layer.Flatten(), layer.Dense(10)}, Optimizer: session.SGD(0.1).WithMomentum(0.5),
		Metrics: []string{"accuracy"}, ClassWeights: map[int]float64{}, BatchSize: 8,
	}
	fingerprint := func(r Run) (session.Recipe, error) {
		t, err := r.training()
		return t.recipe, err
	}
	was, err := fingerprint(base)
	if err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[Run]().NumField() {
		f := reflect.TypeFor[Run]().Field(i)
		if !f.IsExported() || f.Name == "Name" || f.Name == "Data" || f.Name == "Devices" {
			continue
		}
		r := base.With("other", nil)
		r.ClassWeights = map[int]float64{}
		edits(reflect.ValueOf(&r).Elem().Field(i), f.Name, f.Name, func(place, _ string) {
			now, err := fingerprint(r)
			if err != nil {
				return // refused
			}
			if list, err := runs.Differences(was, now); err != nil || len(list) == 0 {
				t.Errorf("%s: a change of it is not noticed (%v)", place, err)
			}
		})
	}
}

// TestEveryFieldOfData: each field of a recipe of data becomes part of its ID, or is
// refused; only where the files lie is not.
func TestEveryFieldOfData(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	images, words, rows := data.MNIST().FirstPerClass(50).First(300).Holdout(0.2), text.IMDB().Holdout(0.4), table.AutoMPG().DropMissing().Normalized().OneHot("origin").Drop("weight").Holdout(0.2)
	for _, v := range []reflect.Value{reflect.ValueOf(&images), reflect.ValueOf(&words), reflect.ValueOf(&rows)} {
		d := v.Interface().(interface{ ID() (string, error) })
		was, err := d.ID()
		if err != nil {
			t.Fatal(err)
		}
		edits(v.Elem(), v.Elem().Type().String(), "", func(place, name string) {
			if now, err := d.ID(); name != "dir" && name != "path" && err == nil && now == was {
				t.Errorf("%s: with another value the ID is still %s", place, now)
			}
		})
	}
}
