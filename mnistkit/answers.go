package mnistkit

import (
	"encoding/json"
	"fmt"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// Confusion shows the confusion matrix of one model, or of several side by side:
// how many examples of each class were taken for which class.
//
//	kit.Show(kit.Confusion(a, b))
func Confusion(answers ...score.Predictions) View {
	return shown(answers, score.Confusion, chart.Confusion)
}

// ClassReport shows a table of how well each class is recognised: precision,
// recall, F1 and the number of examples.
//
//	kit.Show(kit.ClassReport(must.M1(lenet.Predict(digits.Test()))))
func ClassReport(answers score.Predictions) View {
	m, err := score.Confusion(answers)
	if err != nil {
		return made(nil, err)
	}
	r := m.Report()
	t := show.Table{Caption: "Classes by " + r.Model, Header: []string{"class", "precision", "recall", "F1", "examples"},
		Foot: []string{"precision: of those taken for the class, the share that is; recall: of the class, the share that was found; F1: their harmonic mean"}}
	for _, c := range append(r.Classes, r.Macro, r.Weighted) {
		t.AddRow(c.Class, show.Percent(c.Precision), show.Percent(c.Recall), show.Percent(c.F1), show.Count(c.Support))
	}
	return made(t, nil)
}

// Confidence shows a table of how sure models are where they are right and where
// they are wrong: the mean probability of the class that they predict.
//
//	kit.Show(kit.Confidence(must.M1(lenet.Predict(digits.Test()))))
func Confidence(answers ...score.Predictions) View {
	mean := func(v float64, n int) string {
		if n == 0 {
			return dash
		}
		return show.Percent(v)
	}
	return shown(answers, score.Confidence, func(reports ...score.ConfidenceReport) (show.Table, error) {
		t := show.Table{Caption: "How sure of right and of wrong answers",
			Header: []string{"run", "data", "wrong", "sure if right", "sure if wrong", "wrong, but 90 % sure"},
			Foot:   []string{"sure: the mean probability of the class that is answered"}}
		for i, c := range reports {
			t.AddRow(c.Model, answers[i].Data.Name, fmt.Sprintf("%s of %s", show.Count(c.Wrong), show.Count(c.Examples)),
				mean(c.IfRight, c.Examples-c.Wrong), mean(c.IfWrong, c.Wrong), show.Count(c.SureAndWrong))
		}
		return t, nil
	})
}

// Mistakes shows up to n examples that the first model got wrong, with the
// probabilities of every model.
//
//	kit.Show(kit.Mistakes(5, a, b))
func Mistakes(n int, answers ...score.Predictions) View {
	list, err := score.Mistakes(answers...)
	if err != nil {
		return made(nil, err)
	}
	return made(chart.Mistakes(list.First(n)))
}

// ROC draws the ROC curves of one or more classifiers of two classes.
//
//	kit.Show(kit.ROC(must.M1(sentiment.Predict(reviews.Test()))))
func ROC(answers ...score.Predictions) View { return shown(answers, score.ROC, chart.ROC) }

// Scatter draws a regression's predictions over the true values.
//
//	kit.Show(kit.Scatter(must.M1(dnn.Predict(cars.Test()))))
func Scatter(answers score.Predictions) View { return made(chart.Agreement(answers)) }

// ErrorHistogram draws how often a regression is off by how much.
//
//	kit.Show(kit.ErrorHistogram(must.M1(dnn.Predict(cars.Test()))))
func ErrorHistogram(answers score.Predictions) View { return made(chart.ErrorHistogram(answers)) }

// RegressionReport shows a table of how far regressions are off on average: MAE,
// RMSE, MSE, R² and bias.
//
//	kit.Show(kit.RegressionReport(must.M1(dnn.Predict(cars.Test()))))
func RegressionReport(answers ...score.Predictions) View {
	return shown(answers, score.Regression, func(reports ...score.RegressionReport) (show.Table, error) {
		t := show.Table{Caption: "Errors", Header: []string{"run", "data", "MAE", "RMSE", "MSE", "R²", "bias", "examples"},
			Foot: []string{"MAE: mean absolute error; MSE: mean squared error, RMSE its root; R²: the share of the variance that is explained; bias: the mean of prediction − truth"}}
		for i, r := range reports {
			t.AddRow(r.Model, answers[i].Data.Name, show.Number(r.MAE), show.Number(r.RMSE), show.Number(r.MSE),
				show.Number(r.R2), show.Number(r.Bias), show.Count(r.Examples))
		}
		return t, nil
	})
}

// shown is what draw makes of what ask finds in each model's answers.
func shown[T any, B show.Block](answers []score.Predictions, ask func(score.Predictions) (T, error), draw func(...T) (B, error)) View {
	var list []T
	for _, p := range answers {
		found, err := ask(p)
		if err != nil {
			return made(nil, err)
		}
		list = append(list, found)
	}
	return made(draw(list...))
}

// answers shows predictions in the form that suits the data: values over values,
// rows of a table, or images.
func answers(p score.Predictions) (show.Block, error) {
	switch {
	case p.Data != nil && p.Data.Labels.F32 != nil:
		return chart.Agreement(p)
	case p.Data != nil && p.Data.Inputs.F32 != nil && len(p.Data.Inputs.Shape) == 1:
		return answerTable(p)
	}
	return chart.Predictions(p, 4, 4)
}

// answerTable is a model's answers to rows of a table, the first ten.
func answerTable(p score.Predictions) (show.Block, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	var names []string // of a regression there are none
	if inClasses(p) {
		names = p.ClassNames()
	}
	t := show.Table{Caption: "Answers of " + p.Model, Rows: make([][]string, min(10, p.Len()))}
	t.AddColumn("row", func(i int) string { return fmt.Sprint(i + 1) })
	t.AddColumn("answer", func(i int) string {
		if names == nil {
			return show.Number(float64(p.Values[i]))
		}
		return names[p.Class(i)]
	})
	for c, name := range names {
		t.AddColumn(name, func(i int) string { return show.Percent(p.Probabilities(i)[c]) })
	}
	if p.Len() > len(t.Rows) {
		t.Foot = []string{fmt.Sprintf("the first %d of %s rows", len(t.Rows), show.Count(p.Len()))}
	}
	return t, nil
}

// inClasses says whether the answers are classes, and not the values of a regression.
func inClasses(p score.Predictions) bool {
	return p.Units > 1 || p.Data.Classes != nil || p.Data.Labels.I32 != nil
}

// Playground puts the trained network itself into the page that report makes of the notebook:
// there one draws a digit, writes a text or moves sliders, and sees its answer.
//
//	kit.Show(kit.Playground(lenet))
//
// In the notebook it is a note. Models of more than 300,000 weights, or with layers that are
// graph functions, are refused in a sentence.
func Playground(r Run) View {
	return func() (show.Block, error) {
		p, err := r.Playground()
		if err != nil {
			return nil, err
		}
		if p.Refusal != "" {
			return show.Note(fmt.Sprintf("There is no playground for %s: %s.", r.Name, p.Refusal)), nil
		}
		note := show.Note(fmt.Sprintf("In the page that report makes of this notebook, the network %s itself (%s) stands here: you try it, and it answers at once.", p.Run, p.Weights))
		model, err := json.Marshal(p)
		return show.Playable{Block: note, Model: model}, err
	}
}
