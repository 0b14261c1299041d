package main

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzReadSaved(f *testing.F) {
	for _, notebook := range []string{
		`{}`, `[]`, `{"cells":[{"cell_type":"code","source":["kit.Results("],"outputs":[{"data":{"text/html":"x"}}]}]}`,
	} {
		f.Add([]byte(notebook))
	}
	f.Fuzz(func(t *testing.T, notebook []byte) {
		_, _, data, err := readSaved(notebook)
		if part := resultsOf(data); err == nil && part != "" && !strings.HasSuffix(part, "|\n") {
			t.Errorf("the part does not end with a table: %q", part)
		}
	})
}

func FuzzFirstCode(f *testing.F) {
	for _, source := range []string{"", "import (\n\t\"fmt\"\n)\n%%\nuse(x)", "// only a comment", "import (\n"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if line := firstCode(source); strings.Contains(line, "\n") || utf8.RuneCountInString(line) > 52 {
			t.Errorf("firstCode gives %q", line)
		}
	})
}

func TestEndOfFuzzingIsNoFailure(t *testing.T) {
	ended := "--- FAIL: FuzzX (2.04s)\n    context deadline exceeded\nFAIL"
	if err := realFailure(errors.New(ended)); err != nil {
		t.Errorf("the end of the time counts as %v", err)
	}
	if realFailure(errors.New(ended+"\nFailing input written to testdata")) == nil || realFailure(errors.New("exit status 1")) == nil {
		t.Error("a failure is left out")
	}
}
