// Package check holds what users give against rules: settings against the tags of their
// fields, and functions against a panic.
package check

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gonblabs/mnistkit/internal/quote"
)

// Known are lists of names that a tag may name.
var Known = map[string][]string{}

// Fields says in a sentence which field of the struct v is not what its tags ask for:
//
//	Rate    float64 `min:"0" below:"1" hint:"it is a share"` // min, max, above, below
//	Padding string  `known:"valid same"`                     // or "", the default
//
// Any number must be finite as a float32, or an int32 that is not negative.
func Fields(v any) (err error) {
	of := reflect.ValueOf(v)
	for _, f := range reflect.VisibleFields(of.Type()) {
		if f.IsExported() && !f.Anonymous {
			err = cmp.Or(err, field(f, of.FieldByIndex(f.Index)))
		}
	}
	return err
}

func field(f reflect.StructField, v reflect.Value) (err error) {
	v = reflect.Indirect(v)
	low, high, x := -math.MaxFloat32, math.MaxFloat32, 0.0
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			err = cmp.Or(err, field(f, v.Index(i)))
		}
		return err
	case reflect.String:
		list, ok := Known[f.Tag.Get("known")]
		if !ok {
			list = strings.Fields(f.Tag.Get("known"))
		}
		if v.Len() > 0 && len(list) > 0 && !slices.Contains(list, v.String()) {
			return fmt.Errorf("%s %q is unknown; known are %v", f.Name, v, list)
		}
		return nil
	case reflect.Int:
		x, low, high = float64(v.Int()), 0, math.MaxInt32
	case reflect.Float32, reflect.Float64:
		x = v.Float()
	default:
		return nil
	}
	asked, holds := "", x >= low && x <= high
	for _, rule := range []struct {
		tag, words  string
		least, most int // of comparing the number with the tag's
	}{{"min", "at least", 0, 1}, {"above", "above", 1, 1}, {"max", "at most", -1, 0}, {"below", "below", -1, -1}} {
		if bound, err := strconv.ParseFloat(f.Tag.Get(rule.tag), 64); err == nil {
			c := cmp.Compare(x, bound)
			asked, holds = fmt.Sprintf("%s and %s %g", asked, rule.words, bound), holds && c >= rule.least && c <= rule.most
		}
	}
	if holds {
		return nil
	}
	if asked == "" || x > high {
		asked += fmt.Sprintf(" and a number from %.10g to %.10g", low, high)
	}
	hint := strings.TrimSuffix(": "+f.Tag.Get("hint"), ": ")
	return fmt.Errorf("%s is %v; it must be%s%s", f.Name, v, strings.TrimPrefix(asked, " and"), hint)
}

// Error is an error in other words than those of its cause.
type Error struct {
	text  string
	cause error
}

func (e *Error) Error() string { return e.text }
func (e *Error) Unwrap() error { return e.cause }

// Caught makes an error of what recover gave, if it gave anything; a deferred function
// calls it as check.Caught(recover(), &err). The error names the line of the user's own
// function that panicked, or called what did.
func Caught(panicked any, err *error) {
	if panicked == nil {
		return
	}
	cause, ok := panicked.(error)
	if !ok {
		cause = fmt.Errorf("%v", panicked)
	}
	*err = &Error{strings.TrimPrefix(FirstLine(cause).Error(), "runtime error: ") + place(), cause}
}

// place is the innermost line of code that the kit called, and that is not the kit's.
func place() (line string) {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	library := "" // the folder of Go's own code, once the panic is reached
	for f, more := frames.Next(); more; f, more = frames.Next() {
		kit := strings.HasPrefix(f.Function, "gonblabs/mnistkit") && !strings.HasSuffix(f.File, "_test.go")
		switch {
		case f.Function == "runtime.gopanic":
			library = strings.TrimSuffix(f.File, "runtime/panic.go")
		case library == "" || strings.HasPrefix(f.File, library) || strings.HasPrefix(f.Function, "github.com/gomlx/"):
		case kit && line != "":
			return line
		case !kit && line == "":
			line = fmt.Sprintf(" (%s:%d: %s)", filepath.Base(f.File), f.Line, Source(f))
		}
	}
	return ""
}

// FirstLine is an error without what follows its first line: GoMLX adds a stack.
func FirstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{text, err}
}

// Sentence is an error in one line, cut in the middle where it quotes too much to read.
func Sentence(err error) error {
	return &Error{quote.Cut(strings.Join(strings.FieldsFunc(err.Error(), unicode.IsControl), " "), 400, 200), err}
}

// Source is a line of source code; "" if it is not there.
func Source(f runtime.Frame) string {
	b, _ := os.ReadFile(f.File)
	lines := strings.Split(string(b), "\n")
	if f.Line < 1 || f.Line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[f.Line-1])
}
