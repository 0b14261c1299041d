package view

import (
	"encoding/json"
	"fmt"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

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

// answerTable is a classifier's answers to rows of a table, the first ten.
func answerTable(p score.Predictions) (show.Block, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	names := p.ClassNames()
	t := show.Table{Caption: "Answers of " + p.Model, Rows: make([][]string, min(10, p.Len()))}
	t.AddColumn("row", func(i int) string { return fmt.Sprint(i + 1) })
	t.AddColumn("answer", func(i int) string { return names[p.Class(i)] })
	for c, name := range names {
		t.AddColumn(name, func(i int) string { return show.Percent(p.Probabilities(i)[c]) })
	}
	if p.Len() > len(t.Rows) {
		t.Foot = []string{fmt.Sprintf("the first %d of %s rows", len(t.Rows), show.Count(p.Len()))}
	}
	return t, nil
}

// shown is what draw makes of what ask finds in each model's answers.
func shown[T any, B show.Block](
	answers []score.Predictions, ask func(score.Predictions) (T, error), draw func(...T) (B, error),
) (show.Block, error) {
	var list []T
	for _, p := range answers {
		found, err := ask(p)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return draw(list...)
}

// Confusion shows the confusion matrices of models, side by side.
func Confusion(answers ...score.Predictions) (show.Block, error) {
	return shown(answers, score.Confusion, chart.Confusion)
}

// ROC shows the ROC curves of classifiers of two classes.
func ROC(answers ...score.Predictions) (show.Block, error) {
	return shown(answers, score.ROC, chart.ROC)
}

// Mistakes shows the first n examples that the first model got wrong.
func Mistakes(n int, answers ...score.Predictions) (show.Block, error) {
	list, err := score.Mistakes(answers...)
	if err != nil {
		return nil, err
	}
	return chart.Mistakes(list.First(n))
}

// Playground is a note that a page replaces by the network itself.
func Playground(r training.Run) (show.Block, error) {
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

// ClassReport shows a table of how well each class is recognised.
func ClassReport(answers score.Predictions) (show.Block, error) {
	m, err := score.Confusion(answers)
	if err != nil {
		return nil, err
	}
	r := m.Report()
	t := show.Table{Caption: "Classes by " + r.Model, Header: []string{"class", "precision", "recall", "F1", "examples"},
		Foot: []string{"precision: of those taken for the class, the share that is; recall: of the class, the share that was found; F1: their harmonic mean"}}
	for _, c := range append(r.Classes, r.Macro, r.Weighted) {
		t.AddRow(c.Class, show.Percent(c.Precision), show.Percent(c.Recall), show.Percent(c.F1), show.Count(c.Support))
	}
	return t, nil
}

// Confidence shows a table of how sure models are where they are right and where
// they are wrong.
func Confidence(answers ...score.Predictions) (show.Block, error) {
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

// RegressionReport shows a table of how far regressions are off on average.
func RegressionReport(answers ...score.Predictions) (show.Block, error) {
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
