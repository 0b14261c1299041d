package fit

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"gonblabs/mnistkit/files"
)

// CSVLogger writes the history to a CSV file after every epoch: epoch,
// learning_rate, seconds, then the metrics.
//
//	kit.CSVLogger{File: "lenet.csv"}
//
// The file always holds the whole history, also when a run continues.
type CSVLogger struct{ File string }

func (c CSVLogger) check([]string) error {
	if c.File == "" {
		return fmt.Errorf("File is empty; name one, such as \"lenet.csv\"")
	}
	folder := filepath.Dir(files.Home(c.File))
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("the folder %q is not there; make it first", folder)
	}
	return files.Check(c.File)
}

// AfterEpoch asks for nothing; Fit writes the file.
func (CSVLogger) AfterEpoch(History) Action { return Action{} }

func (c CSVLogger) record(t *trainer, _ bool) error {
	metrics := t.History.Metrics()
	rows := [][]string{append([]string{"epoch", "learning_rate", "seconds"}, metrics...)}
	format := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, e := range t.History {
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
	var contents bytes.Buffer
	err := csv.NewWriter(&contents).WriteAll(rows)
	if err != nil {
		return err
	}
	return files.Write(c.File, contents.Bytes())
}
