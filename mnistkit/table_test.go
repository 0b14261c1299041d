package mnistkit_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/table"
)

func holds(t *testing.T, s string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(s, w) {
			t.Errorf("%q lacks %q", s, w)
		}
	}
}

// A table goes through everything that images do: training, evaluation,
// prediction, replay and Load.
func TestRegressionOnATable(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	cars := kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
	r := kit.Run{Name: "mpg/dnn", Data: cars, Seed: 1, Optimizer: kit.RMSprop(1e-3), Metrics: []string{"mae", "rmse"},
		Model: layer.Stack{layer.Dense(64).ReLU(), layer.Dense(64).ReLU(), layer.Dense(1)}}
	h := fitted(t, r, 100)
	if mae := h.Last().Metrics["val_mae"]; !(mae < 3) {
		t.Errorf("val_mae %g after 100 epochs", mae)
	}
	s, err := r.Evaluate(cars.Test())
	if err != nil {
		t.Fatal(err)
	}
	answers, err := r.Predict(cars.Test())
	if err != nil {
		t.Fatal(err)
	}
	report, err := score.Regression(answers)
	if err != nil {
		t.Fatal(err)
	}
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-4 && b-a < 1e-4 })
	if diff := cmp.Diff([]float64{report.MAE, report.RMSE}, []float64{s.Metrics["mae"], s.Metrics["rmse"]}, near); diff != "" {
		t.Errorf("the engine's metrics are not those of its answers: %s", diff)
	}
	holds(t, text(t, kit.Curves(r)), "of mpg/dnn", "val_mae", "val_loss")
	holds(t, text(t, kit.Scatter(answers)), "79 examples from auto-mpg/test")
	holds(t, text(t, kit.ErrorHistogram(answers)), "Histogram of the errors of mpg/dnn")
	holds(t, text(t, kit.RegressionReport(answers)), "mpg/dnn", "R²")
	holds(t, text(t, kit.PairPlot(cars, "mpg", "weight")), "Pair plot of 250 rows")
	loaded, err := kit.Load("mpg/dnn")
	if err != nil {
		t.Fatal(err)
	}
	again, err := loaded.Predict(loaded.Data.Test())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(answers.Values, again.Values); diff != "" {
		t.Error(diff)
	}
	one, err := cars.Encode(kit.Row{"cylinders": 4, "displacement": 98, "horsepower": 70, "weight": 2000, "acceleration": 15, "model year": 80, "origin": "Japan"})
	if err != nil {
		t.Fatal(err)
	}
	mine, err := r.Predict(one)
	if err != nil || mine.Values[0] < 25 || mine.Values[0] > 45 {
		t.Errorf("a small car of 1980 goes %v miles per gallon, %v", mine.Values, err)
	}
	holds(t, text(t, mine), "row   answer", fmt.Sprintf("  1  %.4f\n", mine.Values[0]))
}

func TestClassesOfATable(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	r := kit.Run{Name: "iris/mlp", Data: kit.Iris(), Seed: 1, Optimizer: kit.SGD(0.01),
		Model: layer.Stack{layer.Dense(10).ReLU(), layer.Dense(10).ReLU(), layer.Dense(3)}}
	fitted(t, r, 100)
	answers, err := r.Predict(kit.Iris().Test())
	if err != nil {
		t.Fatal(err)
	}
	if answers.Accuracy() < 0.8 {
		t.Errorf("accuracy %g", answers.Accuracy())
	}
	holds(t, text(t, kit.Confusion(answers)), "of 30 right")
	holds(t, text(t, kit.ScatterPlot(kit.Iris(), "petal length", "sepal length")), "setosa          40  from 1 to 1.7")
	holds(t, text(t, kit.PairPlot(kit.Iris())), "virginica: 40 rows")
	_, err = kit.ROC(answers)()
	if err == nil || !strings.Contains(err.Error(), "of two") {
		t.Errorf("a ROC curve of three classes: %v", err)
	}
}

func TestBinaryMetricsOfARun(t *testing.T) {
	t.Setenv("MNISTKIT_RUNS", t.TempDir())
	set := func(name string, from, n int) *data.Set {
		s := &data.Set{Name: name, Inputs: data.Array{Shape: []int{1}}, Labels: data.Array{Shape: []int{}}, Classes: []string{"low", "high"}}
		for i := from; i < from+n; i++ {
			v := float32(i*37%101)/50 - 1
			s.Inputs.F32 = append(s.Inputs.F32, v)
			class := int32(0)
			if v+float32(i*53%97)/97 > 0.5 {
				class = 1
			}
			s.Labels.I32 = append(s.Labels.I32, class)
		}
		return s
	}
	sets := kit.Sets{TrainSet: set("noisy/train", 0, 200), ValidationSet: set("noisy/val", 200, 100), TestSet: set("noisy/test", 300, 100)}
	r := kit.Run{Name: "noisy/one", Data: sets, Seed: 1, Optimizer: kit.Adam(0.05), Metrics: []string{"accuracy", "auc", "precision", "recall"},
		Model: layer.Stack{layer.Dense(1)}}
	h := fitted(t, r, 5, kit.ModelCheckpoint{Monitor: "val_auc"})
	for _, m := range []string{"auc", "val_auc", "val_precision", "recall"} {
		if v, ok := h.Last().Metrics[m]; !ok || v < 0.5 || v > 1 {
			t.Errorf("%s is %g", m, v)
		}
	}
	answers, err := r.Predict(sets.TestSet)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, text(t, kit.ROC(answers)), "noisy/one has an area of 0.")
	holds(t, text(t, kit.Confidence(answers)), "How sure of right and of wrong answers", "noisy/one", " of 100", "%")
}

func TestTablesShowThemselves(t *testing.T) {
	for _, c := range []struct {
		value any
		words []string
	}{
		{must1(kit.Iris().Describe()), []string{"R. A. Fisher", "petal width", "setosa      ██████████  40  33.3 %"}},
		{must1(kit.AutoMPG().OneHot("origin").DropMissing().Describe()), []string{`column "horsepower" has 6 missing values`, "origin=Europe", "CC BY 4.0"}},
		{must1(kit.AutoMPG().Table()), []string{"the last 5 of 398 rows", "82"}},
		{must1(kit.AutoMPG().Table()).Statistics(), []string{"23.5146", "weight"}},
	} {
		holds(t, text(t, c.value), c.words...)
	}
	for want, v := range map[string]kit.View{
		`has no column "speed"`: kit.PairPlot(kit.Iris(), "speed", "petal width"),
		"holds text":            kit.ScatterPlot(kit.Iris(), "species", "petal width"),
		"missing values":        kit.PairPlot(kit.AutoMPG()),
		"give the path":         kit.PairPlot(kit.CSV(filepath.Join("nowhere", "x.csv"), "y")),
	} {
		if _, err := v(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var _ kit.Data = table.Recipe{}
