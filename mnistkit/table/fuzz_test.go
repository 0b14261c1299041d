package table

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzRead: a table is refused in a sentence or becomes a set of finite numbers.
func FuzzRead(f *testing.F) {
	for _, text := range []string{homes, "", "a\n1\n", "\ufeffa,b\n\"x,1\",2\n", "a,b\r\n1,NaN\r\n", "a\n1e400\n", "a,b\n,\n", "a\n-0\n0\n", "0,1,2,7\n0,0,0,0\nA,,,", "a;b\n1,5;x\n2;\n",
		"gr\xf6\xdfe,b\n1,K\xf6ln\n", "\xff\xfea\x00\n\x001\x00", "a\tb\n1,234\tx\n", "a,b\n1,\"1,000\"\n2,3\n", "a\rb\r"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var table *Table
		var err error
		if took := allocated(func() { table, err = Read("t", strings.NewReader(text)) }); took > 1<<20+400*uint64(len(text)) {
			t.Errorf("%d bytes for a table of %d", took, len(text))
		}
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		for _, c := range table.Columns {
			if c.Name == "" || len(c.Texts) != table.Len() || c.Numbers != nil && len(c.Numbers) != table.Len() {
				t.Fatalf("column %+v of %d rows", c, table.Len())
			}
			for i, v := range c.Numbers {
				if math.IsInf(v, 0) || math.IsNaN(v) != (c.Texts[i] == "") {
					t.Fatalf("%q became %g", c.Texts[i], v)
				}
			}
		}
		path := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		r := CSV(path, table.Columns[0].Name).OneHot(table.Names()[1:]...).DropMissing().Normalized()
		if set, err := r.Train(); err == nil {
			if err := set.Check(); err != nil {
				t.Fatal(err)
			}
			for _, v := range set.Inputs.F32 {
				if v != v || math.IsInf(float64(v), 0) {
					t.Fatalf("feature %g", v)
				}
			}
		}
	})
}
