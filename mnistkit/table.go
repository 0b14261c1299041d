package mnistkit

import (
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
)

// Row is a row of a table by its columns' names: see table.Recipe.Encode.
//
//	kit.Row{"weight": 2000, "origin": "Japan"}
type Row = table.Row

// AutoMPG is 398 cars of 1970 to 1982: miles per gallon from eight properties.
//
//	var cars = kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
//
// All rows are part of the kit: see table.AutoMPG.
func AutoMPG() table.Recipe { return table.AutoMPG() }

// Iris is 150 flowers of three species with four lengths in cm: 120 to train
// on, 30 to test.
//
//	var flowers = kit.Iris()
//
// All rows are part of the kit: see table.Iris.
func Iris() table.Recipe { return table.Iris() }

// CSV is a table of your own and the column to predict: see table.CSV.
//
//	var houses = kit.CSV("houses.csv", "price").OneHot("town").TestFraction(0.2).Normalized()
func CSV(path, target string) table.Recipe { return table.CSV(path, target) }

// Scatter draws a regression's predictions over the true values.
//
//	kit.Show(kit.Scatter(must.M1(dnn.Predict(cars.Test()))))
func Scatter(answers score.Predictions) View {
	return func() (show.Block, error) { return figure(chart.Agreement(answers)) }
}

// ErrorHistogram draws how often a regression is off by how much.
//
//	kit.Show(kit.ErrorHistogram(must.M1(dnn.Predict(cars.Test()))))
func ErrorHistogram(answers score.Predictions) View {
	return func() (show.Block, error) { return figure(chart.ErrorHistogram(answers)) }
}

// ROC draws the ROC curves of one or more classifiers of two classes.
//
//	kit.Show(kit.ROC(must.M1(sentiment.Predict(reviews.Test()))))
func ROC(answers ...score.Predictions) View {
	return func() (show.Block, error) {
		var curves []score.ROCCurve
		for _, p := range answers {
			c, err := score.ROC(p)
			if err != nil {
				return nil, err
			}
			curves = append(curves, c)
		}
		return figure(chart.ROC(curves...))
	}
}

// RegressionReport is a table of how far regressions are off on average: MAE,
// RMSE, MSE, R² and bias.
//
//	kit.Show(kit.RegressionReport(must.M1(dnn.Predict(cars.Test()))))
func RegressionReport(answers ...score.Predictions) View {
	return func() (show.Block, error) {
		t := show.Table{Caption: "Errors", Header: []string{"run", "data", "MAE", "RMSE", "MSE", "R²", "bias", "examples"},
			Foot: []string{"MAE: mean absolute error; MSE: mean squared error, RMSE its root; R²: the share of the variance that is explained; bias: the mean of prediction − truth"}}
		for _, p := range answers {
			r, err := score.Regression(p)
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, []string{r.Model, p.Data.Name, show.Number(r.MAE), show.Number(r.RMSE), show.Number(r.MSE),
				show.Number(r.R2), show.Number(r.Bias), show.Count(r.Examples)})
		}
		return t, nil
	}
}

// PairPlot draws columns of the training rows against each other, before
// they are normalised; no columns named are all of numbers.
//
//	kit.Show(kit.PairPlot(cars, "mpg", "cylinders", "displacement", "weight"))
//
// Where the target has classes, they decide colour and form.
func PairPlot(rows table.Recipe, columns ...string) View {
	return func() (show.Block, error) {
		t, err := rows.TrainTable()
		if err != nil {
			return nil, err
		}
		if columns == nil {
			for _, c := range t.Columns {
				if c.Numbers != nil {
					columns = append(columns, c.Name)
				}
			}
		}
		var list []chart.Values
		for _, name := range columns {
			numbers, err := numbersOf(t, name)
			if err != nil {
				return nil, fmt.Errorf("kit.PairPlot: %w", err)
			}
			list = append(list, chart.Values{Name: name, Numbers: numbers})
		}
		train, err := rows.Train()
		if err != nil {
			return nil, err
		}
		return figure(chart.PairPlot(list, train.Classes, train.Labels.I32))
	}
}

// ScatterPlot draws one column of the training rows over another; where the
// target has classes, they decide colour and form.
//
//	kit.Show(kit.ScatterPlot(flowers, "petal length", "sepal length"))
func ScatterPlot(rows table.Recipe, x, y string) View {
	return func() (show.Block, error) {
		t, err := rows.TrainTable()
		if err != nil {
			return nil, err
		}
		xs, err := numbersOf(t, x)
		if err != nil {
			return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
		}
		ys, err := numbersOf(t, y)
		if err != nil {
			return nil, fmt.Errorf("kit.ScatterPlot: %w", err)
		}
		train, err := rows.Train()
		if err != nil {
			return nil, err
		}
		points := make([]chart.Points, max(1, len(train.Classes)))
		for c, name := range train.Classes {
			points[c].Name = name
		}
		for i := range xs {
			p := &points[0]
			if train.Classes != nil {
				p = &points[train.Labels.I32[i]]
			}
			p.X, p.Y = append(p.X, xs[i]), append(p.Y, ys[i])
		}
		return figure(chart.ScatterPlot(x, y, points...))
	}
}

func numbersOf(t *table.Table, name string) ([]float64, error) {
	switch c := t.Column(name); {
	case c == nil:
		return nil, fmt.Errorf("table %q has no column %q; it has %s", t.Name, name, strings.Join(t.Names(), ", "))
	case c.Numbers == nil:
		return nil, fmt.Errorf("column %q of table %q holds text; name columns of numbers", name, t.Name)
	default:
		return c.Numbers, nil
	}
}

// describeTable is a table of what a table is, and the distribution of its classes.
func describeTable(d table.Description) (show.Block, error) {
	rows := [][]string{{"found", shortPath(d.Found)}}
	if d.Source != "" {
		rows = [][]string{{"source", d.Source}, {"licence", d.Licence}, {"found", shortPath(d.Found)}}
	}
	rows = append(rows, []string{"rows", show.Count(d.Rows)}, []string{"columns", strings.Join(d.Columns, ", ")},
		[]string{"target", d.Target}, []string{"features", strings.Join(d.Features, ", ")})
	for _, m := range d.Missing {
		rows = append(rows, []string{"missing", m})
	}
	rows = append(rows, []string{"training", show.Count(d.Train)})
	if d.Validation > 0 {
		rows = append(rows, []string{"validation", show.Count(d.Validation)})
	}
	rows = append(rows, []string{"test", show.Count(d.Test)})
	blocks := show.Blocks{show.Table{Caption: d.Title, Rows: rows, Align: "ll"}}
	if d.Classes != nil {
		var parts []chart.Part
		for _, p := range []chart.Part{{Name: "train", Counts: d.TrainCounts}, {Name: "validation", Counts: d.ValidationCounts}, {Name: "test", Counts: d.TestCounts}} {
			if slices.Max(p.Counts) > 0 {
				parts = append(parts, p)
			}
		}
		fig, err := chart.ClassDistribution(d.Title, d.Classes, parts...)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, fig)
	}
	if d.Notice != "" {
		blocks = append(show.Blocks{show.Note(d.Notice)}, blocks...)
	}
	return blocks, nil
}

// statistics is the table of a table's numbers.
func statistics(s table.Statistics) show.Block {
	t := show.Table{Caption: "Statistics of " + s.Name, Header: []string{"column", "count", "mean", "std", "min", "25 %", "50 %", "75 %", "max"}}
	for _, c := range s.Columns {
		row := []string{c.Name, show.Count(c.Count)}
		for _, v := range []float64{c.Mean, c.Std, c.Min, c.Q1, c.Median, c.Q3, c.Max} {
			row = append(row, fmt.Sprintf("%.6g", v))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// lastRows is how a table shows itself: its last rows, as pandas' tail().
func lastRows(t *table.Table) show.Block {
	const most = 5
	n := t.Len()
	out := show.Table{Caption: fmt.Sprintf("%s: the last %d of %s rows", t.Name, min(n, most), show.Count(n)), Header: t.Names()}
	for i := max(0, n-most); i < n; i++ {
		var row []string
		for _, c := range t.Columns {
			text := c.Texts[i]
			if text == "" {
				text = "–"
			}
			row = append(row, text)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// answerTable is a classifier's answers to rows of a table, the first ten.
func answerTable(p score.Predictions) (show.Block, error) {
	names := p.ClassNames()
	if p.Data.Len()*p.Units != len(p.Values) {
		return nil, fmt.Errorf("the predictions of %q hold %d values for %d examples of %d; predict the whole set anew", p.Model, len(p.Values), p.Data.Len(), p.Units)
	}
	t := show.Table{Caption: "Answers of " + p.Model, Header: append([]string{"row", "answer"}, names...)}
	for i := range min(10, p.Len()) {
		row := []string{fmt.Sprint(i + 1), names[p.Class(i)]}
		for c := range names {
			v := float64(p.Row(i)[min(c, p.Units-1)])
			if p.Units == 1 && c == 0 {
				v = 1 - v
			}
			row = append(row, Percent(v))
		}
		t.Rows = append(t.Rows, row)
	}
	if p.Len() > len(t.Rows) {
		t.Foot = []string{fmt.Sprintf("the first %d of %s rows", len(t.Rows), show.Count(p.Len()))}
	}
	return t, nil
}
