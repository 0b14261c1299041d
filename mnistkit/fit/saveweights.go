package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/internal/check"
)

// SaveWeights keeps the weights of every epoch, or of every few epochs, each under
// its own name.
//
//	kit.SaveWeights{}                                        // cp-0001, cp-0002, …
//	kit.SaveWeights{Every: 5, Name: "cp-{epoch:04d}", Keep: 3}
//
// Name may contain {epoch} and metrics, as in Keras' file names:
// "{epoch:02d}-{val_loss:.2f}". Only the newest Keep of them remain; 0 keeps
// all. Run.Checkpoints lists them, and Run.At answers with one of them. Unlike
// ModelCheckpoint, SaveWeights does not change which weights the run answers with.
type SaveWeights struct {
	Every int    // epochs; 0 is 1
	Name  string // "" is "cp-{epoch:04d}"
	Keep  int    // 0 is all
}

func (c SaveWeights) check(metrics []string) error {
	values := map[string]float64{}
	for _, m := range metrics {
		values[m] = 0.5
	}
	name, err := c.nameOf(Epoch{Number: 1, Metrics: values})
	if err = cmp.Or(check.Fields(c), err); err != nil {
		return err
	}
	if !strings.Contains(c.pattern(), "{epoch") {
		return fmt.Errorf("the name %q is the same for all epochs; put {epoch} into it, such as \"cp-{epoch:04d}\"", c.Name)
	}
	if !ValidName(name) {
		return fmt.Errorf("%q cannot be the name of a folder; use letters, digits, - and _ around the braces", name)
	}
	return nil
}

// ValidName says whether a name can be that of one folder, on every system,
// that is not hidden.
//
//	fit.ValidName("cp-0005") // true
func ValidName(name string) bool {
	const first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	stem, _, _ := strings.Cut(strings.ToLower(name), ".") // Windows takes con.txt for con
	device := slices.Contains([]string{"con", "prn", "aux", "nul"}, stem) ||
		len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] <= '9'
	return strings.IndexAny(name, first) == 0 && strings.Trim(name, first+".+=-") == "" && !strings.HasSuffix(name, ".") && !device
}

// AfterEpoch asks for the weights to be kept when it is their turn.
func (c SaveWeights) AfterEpoch(h History) Action {
	last, every := h.Last(), max(1, c.Every)
	if last.Number%every != 0 {
		return Action{}
	}
	name, _ := c.nameOf(last) // check has seen to its errors
	return Action{SaveAs: name, series: c.pattern(), every: every, newest: c.Keep}
}

func (c SaveWeights) pattern() string { return cmp.Or(c.Name, "cp-{epoch:04d}") }

// nameOf puts an epoch's values into the pattern.
func (c SaveWeights) nameOf(e Epoch) (string, error) {
	parts := strings.Split(c.pattern(), "{")
	name := parts[0]
	for _, part := range parts[1:] {
		field, text, closed := strings.Cut(part, "}")
		if !closed {
			return "", fmt.Errorf("a brace of %q is not closed; write {epoch:04d}", c.Name)
		}
		value, err := formatField(field, e)
		if err != nil {
			return "", err
		}
		name += value + text
	}
	return name, nil
}

// formatField is the text for {field}: "epoch" or a metric, with a format of
// Python's as far as Keras' users write it.
func formatField(field string, e Epoch) (string, error) {
	name, format, _ := strings.Cut(field, ":")
	var value any = e.Number
	usual, pattern, example := "d", "0%dd", "{epoch:04d}"
	if name != "epoch" {
		metric, ok := e.Metrics[name]
		if !ok {
			return "", fmt.Errorf("there is no {%s}; this run has epoch, %s", field, strings.Join(History{e}.Metrics(), ", "))
		}
		value, usual, pattern, example = metric, ".4f", ".%df", "{"+name+":.2f}"
	}
	if format != "" {
		digits := -1
		_, err := fmt.Sscanf(format, pattern, &digits)
		if err != nil || digits < 0 || digits > 20 || fmt.Sprintf(pattern, digits) != format {
			return "", fmt.Errorf("the format of {%s} is not known; write {%s} or %s", field, name, example)
		}
	}
	return fmt.Sprintf("%"+cmp.Or(format, usual), value), nil
}

// tellUnsaved says which checkpoints the callbacks would have saved of the stored
// epochs that are not there, unless later ones would have pushed them out.
func (t *trainer) tellUnsaved(saves []Action) {
	var names []string
	for i, a := range saves {
		newer := 0
		if a.newest > 0 { // those of epochs still to be trained count too
			newer = max(0, t.Epochs/a.every-len(t.History)/a.every)
		}
		for _, later := range saves[i+1:] {
			if later.series == a.series {
				newer++
			}
		}
		if (a.newest == 0 || newer < a.newest) && t.Keeper.SavedEpoch(a.SaveAs) == 0 {
			names = append(names, a.SaveAs)
		}
	}
	if n := len(names); n == 1 {
		t.notice("There is no checkpoint %s: its callback was not there when its epoch was trained; Reset the run and train it anew to have it.", names[0])
	} else if n > 1 {
		t.notice("There are no %d checkpoints %s to %s: their callback was not there when their epochs were trained; Reset the run and train it anew to have them.", n, names[0], names[n-1])
	}
}
