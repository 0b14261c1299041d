package fit

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// CSVLogger writes the history to a CSV file after every epoch: epoch,
// learning_rate, seconds, then the metrics.
//
//	kit.CSVLogger{File: "lenet.csv"}
//
// The file always holds the whole history, also of a run that is gone on with.
type CSVLogger struct{ File string }

func (c CSVLogger) check([]string) error {
	if c.File == "" {
		return fmt.Errorf("CSVLogger: File is empty; name one, such as \"lenet.csv\"")
	}
	if dir := filepath.Dir(c.File); dir != "." {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("CSVLogger: the folder %q is not there; make it first", dir)
		}
	}
	return nil
}

// AfterEpoch writes the file; a failure becomes a note beside the epoch.
func (c CSVLogger) AfterEpoch(h History) Action {
	if err := c.write(h); err != nil {
		return Action{Note: fmt.Sprintf("CSVLogger could not write %s: %v", c.File, err)}
	}
	return Action{}
}

func (c CSVLogger) write(h History) error {
	temp, err := os.CreateTemp(filepath.Dir(c.File), filepath.Base(c.File)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	w := csv.NewWriter(temp)
	metrics := h.Metrics()
	rows := [][]string{append([]string{"epoch", "learning_rate", "seconds"}, metrics...)}
	format := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, e := range h {
		row := []string{strconv.Itoa(e.Number), format(e.LearningRate), format(e.Seconds)}
		for _, m := range metrics {
			cell := ""
			if v, ok := e.Metrics[m]; ok {
				cell = format(v)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	err = w.WriteAll(rows)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(temp.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), c.File)
}
