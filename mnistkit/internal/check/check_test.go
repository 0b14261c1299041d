package check_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gonblabs/mnistkit/internal/check"
	"gonblabs/mnistkit/layer"
)

type share struct {
	Share *float64 `min:"0" below:"1" hint:"a share"`
}

// TestFields is a table of numbers against the rules of their fields.
func TestFields(t *testing.T) {
	type settings struct {
		share
		Free   float64
		Rate   float64 `above:"0"`
		Count  int
		Sizes  []int `min:"1"`
		Name   string
		Mode   string `known:"min max"`
		Colour string `known:"colours"`
		hidden float64
	}
	check.Known["colours"] = []string{"red"}
	pointer := func(x float64) *float64 { return &x }
	for want, s := range map[string]settings{
		"":                   {share: share{pointer(0)}, Free: -1, Rate: math.MaxFloat32, Count: math.MaxInt32, Sizes: []int{1, 2}, Colour: "red", hidden: math.NaN()},
		"Rate is 0; it must": {},
		"Share is 1; it must be at least 0 and below 1: a share":                                   {share: share{pointer(1)}, Rate: 1},
		"Free is NaN; it must be a number from -3.402823466e+38 to 3.402823466e+38":                {Free: math.NaN(), Rate: 1},
		"Free is -Inf; it must be a number from -3.402823466e+38 to 3.402823466e+38":               {Free: math.Inf(-1), Rate: 1},
		"Rate is 1e+300; it must be above 0 and a number from -3.402823466e+38 to 3.402823466e+38": {Rate: 1e300},
		"Count is -1; it must be a number from 0 to 2147483647":                                    {Rate: 1, Count: -1},
		"Count is 1099511627776; it must be a number from 0 to 2147483647":                         {Rate: 1, Count: 1 << 40},
		`Mode "up" is unknown; known are [min max]`:                                                {Rate: 1, Mode: "up"},
		`Colour "blue" is unknown; known are [red]`:                                                {Rate: 1, Mode: "max", Colour: "blue"},
		"Sizes is 0; it must be at least 1":                                                        {Rate: 1, Sizes: []int{3, 0}},
	} {
		got := ""
		if err := check.Fields(s); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}

// TestCaught: the place is the user's line, also where a library panicked on its behalf.
func TestCaught(t *testing.T) {
	cause := errors.New("no such thing\nwith a stack")
	for want, do := range map[string]func(){
		`nil pointer dereference (check_test.go:`: func() { var p *share; p.Share = nil },
		`no such thing (check_test.go:`:           func() { panic(cause) },
		`cannot be less than 0 (check_test.go:`:   func() { _ = slices.Grow([]int{}, -1) },
		`half of "it" (check_test.go:`:            func() { panic(`half of "it"`) },
	} {
		err := func() (err error) {
			defer func() { check.Caught(recover(), &err) }()
			layer.Stack{layer.Flatten()}.Map(func(l layer.Layer) layer.Layer { // the kit calls what panics
				do()
				return l
			})
			return nil
		}()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "func() {") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q and the line", err, want)
		}
		if strings.Contains(want, "such") && !errors.Is(err, cause) {
			t.Errorf("%v does not wrap its cause", err)
		}
	}
	err := func() (err error) {
		defer func() { check.Caught(recover(), &err) }()
		panic("by myself")
	}()
	if err == nil || err.Error() != "by myself" {
		t.Errorf("a panic that the kit did not lead to: %v", err)
	}
	err = nil
	if check.Caught(nil, &err); err != nil {
		t.Error(err)
	}
	long := fmt.Errorf("%s: %w", strings.Repeat("ö", 5000), cause)
	if short := check.Sentence(long); len(short.Error()) > 700 || !errors.Is(short, cause) || !utf8.ValidString(short.Error()) {
		t.Errorf("%d bytes: %v", len(short.Error()), short)
	}
	if got := check.Sentence(cause).Error(); got != "no such thing with a stack" {
		t.Error(got)
	}
}
