package session

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Number is a number that also goes into JSON where JSON has none: NaN and the
// infinities are the strings "NaN", "Infinity" and "-Infinity". So a training
// that diverged is kept too.
type Number float64

// MarshalJSON writes the number.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads what MarshalJSON wrote, and any number in a string.
func (n *Number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = Number(v)
	return err
}

// Numbers are numbers by name; in JSON each is a Number.
type Numbers map[string]float64

// MarshalJSON writes the numbers.
func (m Numbers) MarshalJSON() ([]byte, error) {
	all := map[string]Number{}
	for name, v := range m {
		all[name] = Number(v)
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Numbers) UnmarshalJSON(b []byte) error {
	var all map[string]Number
	err := json.Unmarshal(b, &all)
	*m = Numbers{}
	for name, n := range all {
		(*m)[name] = float64(n)
	}
	return err
}
