package fit

import (
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/session"
)

// EvaluateOn measures one more data set after every epoch: its loss and
// metrics go into the history under its name, such as "test_accuracy".
//
//	kit.Show(mlp.Fit(20, kit.EvaluateOn{Name: "test", Set: digits.Test}))
//
// It changes nothing in the training. Fit calls Set only when there is something
// to train. Name consists of letters and digits and must not be "val" or "binary".
type EvaluateOn struct {
	Name string
	Set  func() (*data.Set, error)
}

// AfterEpoch asks for nothing: the values are in the history already.
func (EvaluateOn) AfterEpoch(History) Action { return Action{} }

func (e EvaluateOn) check([]string) error {
	switch {
	case e.Name == "" || strings.Trim(strings.ToLower(e.Name), "abcdefghijklmnopqrstuvwxyz0123456789") != "":
		return fmt.Errorf("the name %q is not one; use letters and digits, such as \"test\"", e.Name)
	case e.Name == "val" || e.Name == "binary":
		return fmt.Errorf("names such as %q are those of the run's own metrics; use another than %q, such as \"test\"", e.Name+"_accuracy", e.Name)
	case e.Set == nil:
		return fmt.Errorf("%q has no data; give a function such as digits.Test", e.Name)
	}
	return nil
}

// setName is the name of its data in a session.
func (e EvaluateOn) setName() string { return "evaluate on " + e.Name }

// measurer is a Callback that is an EvaluateOn, points to one or embeds one.
type measurer interface{ evaluation() EvaluateOn }

func (e EvaluateOn) evaluation() EvaluateOn { return e }

func (j Job) evaluations() (list []EvaluateOn) {
	for _, c := range j.Callbacks {
		if c, ok := c.(measurer); ok {
			list = append(list, c.evaluation())
		}
	}
	return list
}

func (t *trainer) putEvaluations() error {
	for _, e := range t.evaluations() {
		set, err := e.Set()
		if err == nil && set == nil {
			err = fmt.Errorf("its data are nil")
		}
		if err == nil {
			set, err = t.Recipe.Accept(set)
		}
		if err == nil {
			err = session.PutSet(t.session, e.setName(), set.Chunks())
		}
		if err != nil {
			return fmt.Errorf("EvaluateOn %q: %w", e.Name, err)
		}
	}
	return nil
}

// tellUnmeasured says which stored epochs lack what an EvaluateOn would have
// measured.
func (t *trainer) tellUnmeasured() {
	for _, e := range t.evaluations() {
		lacking := 0
		for _, epoch := range t.History {
			if _, ok := epoch.Metrics[e.Name+"_loss"]; !ok {
				lacking++
			}
		}
		if lacking > 0 {
			t.notice("%d of %d stored epochs were trained without EvaluateOn %q, and have no such values; Reset the run and train it anew to have them.", lacking, len(t.History), e.Name)
		}
	}
}

// SplitMetric splits a name of a history into data and metric:
// "val_loss" is "val" and "loss", "binary_accuracy" is "" and itself.
func SplitMetric(name string, all []string) (set, metric string) {
	for i, r := range name {
		if r == '_' && modes[name] == "" && slices.Contains(all, name[i+1:]) {
			return name[:i], name[i+1:]
		}
	}
	return "", name
}
