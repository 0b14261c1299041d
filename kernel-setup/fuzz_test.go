package main

import (
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
