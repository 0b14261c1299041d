// Package strict reads JSON that must be understood whole: a field that this
// version does not know is an error.
package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Unmarshal is json.Unmarshal, but a field that v does not have is an error.
//
//	err := strict.Unmarshal([]byte(`{"units":10}`), &layer)
func Unmarshal(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("there is more after its end")
	}
	return nil
}
