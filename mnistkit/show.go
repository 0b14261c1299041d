package mnistkit

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
	"gonblabs/mnistkit/view"
)

// View is something that Show knows how to make: a figure or a table of
// results on disk.
type View = view.View

// Show shows values: data, models, figures, tables, scores and text.
//
//	kit.Show(digits, lenet, kit.Curves(lenet), kit.Leaderboard("mnist/*"))
//	kit.Show(lenet.Evaluate(digits.Test()))
//	kit.Show(lenet.Fit(5)) // Fit has shown itself: only an error is left
//
// It takes what a call returns, its error too. A recipe of data is shown by its
// description, a run by its summary. In a notebook what is shown becomes part of it;
// in a terminal it is text. If anything fails, nothing is shown, and the cell ends
// with one sentence, as with must.
func Show(values ...any) {
	for _, v := range values {
		if err, ok := v.(error); ok { // what came with it is no result
			must.M(err)
		}
	}
	if len(values) == 2 && values[1] == nil {
		if h, ok := values[0].(History); ok && view.Reported(h) {
			return // Fit has shown it
		}
	}
	blocks := make([]show.Block, len(values))
	for i, v := range values {
		var err error
		blocks[i], err = view.Of(v)
		must.M(err)
	}
	show.Display(slices.DeleteFunc(blocks, func(b show.Block) bool { return b == nil })...)
}

// Samples shows a grid of a set's first images with their labels.
//
//	kit.Show(kit.Samples(must.M1(digits.Train()), 4, 8))
func Samples(set *Set, rows, cols int) View { return view.Made(chart.Samples(set, rows, cols)) }

// Photo shows a PNG or JPEG file as it is.
//
//	kit.Show(kit.Photo("my-digits/seven.png"))
func Photo(path string) View {
	return func() (show.Block, error) {
		img, err := picture.Decode(path)
		if err != nil {
			return nil, fmt.Errorf("kit.Photo: %w", err)
		}
		return chart.Photo(filepath.Base(path), img)
	}
}

// Augmented shows what the augmenting layers at the front of a run's model do. Each
// row has one of the first images of the training data, first as it is and then in
// columns-1 variations.
//
//	kit.Show(kit.Augmented(lenet, 4, 8))
//
// The run need not be trained. Its seed decides the variations.
func Augmented(r Run, rows, columns int) View {
	return func() (show.Block, error) {
		set, err := r.Augmented(rows, columns)
		if err != nil {
			return nil, err
		}
		return chart.Samples(set, rows, columns)
	}
}

// Curves shows the learning curves of one or more runs: accuracy and loss, on
// training and validation data.
//
//	kit.Show(kit.Curves(mlp, lenet))
func Curves(list ...Run) View {
	return func() (show.Block, error) { return view.Curves(0, list...) }
}

// Leaderboard shows a table of runs, the best on the validation data first. It has loss
// and accuracy on training, validation and test data, the number of parameters, and
// the training time. Give patterns of names, or Runs and Sweeps.
//
//	kit.Show(kit.Leaderboard("mnist/*"), kit.Leaderboard(mlp, lenet))
//
// It sorts by validation accuracy; without one by validation loss, else by training
// loss. Training and validation values are those of the epoch whose weights were kept.
// If an earlier run of the same name, now in runs/.old, did better on the same data,
// the table shows it too. If runs were tested on different data, a column says on which.
func Leaderboard(of ...any) View {
	return func() (show.Block, error) { return view.Leaderboard(of...) }
}

// Playground puts the trained network itself into the page that report makes of the notebook:
// there one draws a digit, writes a text or moves sliders, and sees its answer.
//
//	kit.Show(kit.Playground(lenet))
//
// In the notebook it is a note. Models of more than 300,000 weights, or with layers that are
// graph functions, are refused in a sentence.
func Playground(r Run) View {
	return func() (show.Block, error) { return view.Playground(r) }
}

// Confusion shows the confusion matrix of one model, or of several side by side:
// how many examples of each class were taken for which class.
//
//	kit.Show(kit.Confusion(a, b))
func Confusion(answers ...score.Predictions) View { return view.Made(view.Confusion(answers...)) }

// ClassReport shows a table of how well each class is recognised: precision,
// recall, F1 and the number of examples.
//
//	kit.Show(kit.ClassReport(must.M1(lenet.Predict(digits.Test()))))
func ClassReport(answers score.Predictions) View { return view.Made(view.ClassReport(answers)) }

// Confidence shows a table of how sure models are where they are right and where
// they are wrong: the mean probability of the class that they predict.
//
//	kit.Show(kit.Confidence(must.M1(lenet.Predict(digits.Test()))))
func Confidence(answers ...score.Predictions) View { return view.Made(view.Confidence(answers...)) }

// Mistakes shows up to n examples that the first model got wrong, with the
// probabilities of every model.
//
//	kit.Show(kit.Mistakes(5, a, b))
func Mistakes(n int, answers ...score.Predictions) View {
	return view.Made(view.Mistakes(n, answers...))
}

// ROC draws the ROC curves of one or more classifiers of two classes.
//
//	kit.Show(kit.ROC(must.M1(sentiment.Predict(reviews.Test()))))
func ROC(answers ...score.Predictions) View { return view.Made(view.ROC(answers...)) }

// Scatter draws a regression's predictions over the true values.
//
//	kit.Show(kit.Scatter(must.M1(dnn.Predict(cars.Test()))))
func Scatter(answers score.Predictions) View { return view.Made(chart.Agreement(answers)) }

// ErrorHistogram draws how often a regression is off by how much.
//
//	kit.Show(kit.ErrorHistogram(must.M1(dnn.Predict(cars.Test()))))
func ErrorHistogram(answers score.Predictions) View { return view.Made(chart.ErrorHistogram(answers)) }

// RegressionReport shows a table of how far regressions are off on average: MAE,
// RMSE, MSE, R² and bias.
//
//	kit.Show(kit.RegressionReport(must.M1(dnn.Predict(cars.Test()))))
func RegressionReport(answers ...score.Predictions) View {
	return view.Made(view.RegressionReport(answers...))
}

// PairPlot draws columns of the training rows against each other, before they are
// normalised. Without names it draws all columns of numbers.
//
//	kit.Show(kit.PairPlot(cars, "mpg", "cylinders", "displacement", "weight"))
//
// Where the target has classes, they decide colour and form.
func PairPlot(rows table.Recipe, columns ...string) View {
	return func() (show.Block, error) { return view.PairPlot(rows, columns...) }
}

// ScatterPlot draws one column of the training rows over another; where the
// target has classes, they decide colour and form.
//
//	kit.Show(kit.ScatterPlot(flowers, "petal length", "sepal length"))
func ScatterPlot(rows table.Recipe, x, y string) View {
	return func() (show.Block, error) { return view.ScatterPlot(rows, x, y) }
}

// Texts shows a table of up to n texts of a set in words, with their labels and the
// answers of models.
//
//	kit.Show(kit.Texts(reviews, 3, must.M1(reviews.Train())))
//	kit.Show(kit.Texts(reviews, 5, mine, must.M1(sentiment.Predict(mine))))
//
// Words outside the vocabulary are [UNK], and long texts are cut. The answers must
// be for the same set.
func Texts(recipe text.Recipe, n int, set *Set, answers ...score.Predictions) View {
	return func() (show.Block, error) { return view.Texts(recipe, n, set, answers...) }
}

// Environment shows a table of what this notebook runs on: Go, libraries, the
// backend, the data that were found, and where results are kept.
//
//	kit.Show(kit.Environment())
//
// go run ./kernel-setup doctor checks more.
func Environment() View { return view.Environment }

// Result is one number of an original homework, and the one measured here.
type Result struct{ What, Original, Here string }

// Results shows the table at the end of a notebook: what the original found, and
// what was measured here.
//
//	kit.Show(kit.Results(kit.Result{"custom2, test accuracy", "99.61 %", kit.Percent(accuracy)}))
func Results(list ...Result) View {
	t := show.Table{Caption: "Original and here", Header: []string{"result", "original", "here"}, Align: "lll", Kind: "results"}
	for _, r := range list {
		t.AddRow(r.What, r.Original, r.Here)
	}
	return view.Made(t, nil)
}

// Table makes a table of your own, for AddRow to fill. Rows take text, numbers and nil.
//
//	table := kit.Table("Networks", "run", "weights", "loss")
//	table.AddRow("lenet", 61706, 0.0458).AddRow("mlp", 101770, nil)
//	kit.Show(table)
//
// Whole numbers get commas, others four decimals, or those that table.Decimals says.
// Columns of numbers are aligned to the right.
func Table(caption string, columns ...string) *show.Table {
	return &show.Table{Caption: caption, Header: columns}
}

// Percent writes a share as percent: kit.Percent(0.9861) is "98.61 %".
func Percent(share float64) string { return show.Percent(share) }

// Points writes the difference of two shares in percentage points:
// kit.Points(0.99, 0.98) is "+1.00 points".
func Points(a, b float64) string { return show.Points(a, b) }
