package main

import "testing"

// TestDescribeData: a report's line on its data names them, pictures and texts.
func TestDescribeData(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for want, names := range map[string][]string{
		"": nil,
		"MNIST handwritten digits, bundled sample":                                              {"mnist"},
		"Sentences from film reviews, bundled sample":                                           {"imdb"},
		"MNIST handwritten digits, bundled sample; Sentences from film reviews, bundled sample": {"mnist", "imdb"},
		"no such set": {"no such set"},
	} {
		if got := describeData(names); got != want {
			t.Errorf("%v: %q, want %q", names, got, want)
		}
	}
}
