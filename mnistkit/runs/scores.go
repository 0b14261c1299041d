package runs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/strict"
)

// Score is what Evaluate measured on one data set.
type Score struct {
	Data string `json:"data"` // the set's identity
	Set  string `json:"set"`  // its name: "mnist/test"
	Test bool   `json:"test"` // whether it is the test data of the run's recipe
	Weights
	Metrics map[string]float64 `json:"metrics"`
}

type scoreFile struct {
	stamp
	Scores map[string]Score `json:"scores"`
}

// UnmarshalJSON also reads the form of version 0.1: the scores alone.
func (f *scoreFile) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &f.stamp); err != nil {
		return err
	}
	if f.Format == 0 {
		return strict.Unmarshal(b, &f.Scores)
	}
	type plain scoreFile // without this method
	return strict.Unmarshal(b, (*plain)(f))
}

func (f *scoreFile) check() error {
	for id, s := range f.Scores {
		if s.Data != id {
			return fmt.Errorf("the score of %q stands under %q", s.Data, id)
		}
	}
	return nil
}

// Scores holds everything that Evaluate measured, by the identity of the data; with an error, nothing.
func (d Dir) Scores() (map[string]Score, error) {
	var f scoreFile
	if _, err := d.readJSON(&f, "scores.json"); err != nil || f.Scores == nil {
		return map[string]Score{}, err
	}
	return f.Scores, nil
}

// AddScore adds a score to those that are kept. A run has one set of test data: another one was that of earlier data.
func (d Dir) AddScore(s Score) error {
	scores, err := d.Scores()
	if err != nil && !errors.Is(err, errDamaged) { // else it is replaced
		return err
	}
	for _, v := range s.Metrics {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil // JSON cannot hold it; it is measured anew each time
		}
	}
	for id, other := range scores {
		other.Test = other.Test && !s.Test
		scores[id] = other
	}
	scores[s.Data] = s
	return d.writeJSON(scoreFile{written, scores}, "scores.json")
}

type predictionsHeader struct {
	Data string `json:"data"`
	Weights
	Units  int    `json:"units"`
	Values int    `json:"values"`
	Sum    string `json:"values_crc32c,omitempty"` // of the numbers
}

// Predictions gives the stored predictions of the weights w for a data set; ok is
// false when there are none.
func (d Dir) Predictions(data string, w Weights) (units int, values []float32, ok bool, err error) {
	var header predictionsHeader
	file := predictionsFile(data)
	ok, err = d.readJSON(&header, "predictions", file+".json")
	if err != nil || !ok || header.Data != data || header.Weights != w {
		return 0, nil, false, err
	}
	b, err := files.Read(d.Path("predictions", file+".f32"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && (len(b)%4 != 0 || len(b)/4 != header.Values || header.Units < 1 ||
		header.Values%header.Units != 0 || header.Sum != "" && header.Sum != checksum(b)) {
		err = fmt.Errorf("what Predict answered %w", errDamaged)
	}
	if err != nil {
		return 0, nil, false, d.broken(err, "predictions")
	}
	values = make([]float32, header.Values)
	_, err = binary.Decode(b, binary.LittleEndian, values)
	return header.Units, values, err == nil, err
}

// SavePredictions stores predictions: a JSON header, and a file of little-endian
// float32.
func (d Dir) SavePredictions(data string, w Weights, units int, values []float32) error {
	file := predictionsFile(data)
	if err := os.RemoveAll(d.Path("predictions", file+".json")); err != nil {
		return fmt.Errorf("run %q: %w", d.Name, err)
	}
	b, _ := binary.Append(nil, binary.LittleEndian, values) // float32 have a fixed size
	if err := d.write(b, "predictions", file+".f32"); err != nil {
		return err
	}
	return d.writeJSON(predictionsHeader{data, w, units, len(values), checksum(b)}, "predictions", file+".json")
}

func predictionsFile(data string) string {
	sum := sha256.Sum256([]byte(data))
	return fmt.Sprintf("%x", sum[:8])
}
