package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"gonblabs/mnistkit/data"
)

// utf16Text is what a spreadsheet saves as Unicode text.
func utf16Text(order binary.AppendByteOrder, text string) string {
	out := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// Tables as people have them are read, or told with the row and the remedy.
func TestTablesAsPeopleHaveThem(t *testing.T) {
	const western = "it is not in UTF-8 and was read as Windows-1252"
	for name, c := range map[string]struct {
		text     string
		labels   []float32 // of the target "price"
		features string
		notice   string
		err      string
	}{
		"UTF-8":            {text: "größe,price\n1,10\n2,20\n", labels: []float32{10, 20}, features: "größe"},
		"a mark":           {text: "\ufeffgröße,price\n1,10\n2,20\n", labels: []float32{10, 20}, features: "größe"},
		"UTF-16, little":   {text: utf16Text(binary.LittleEndian, "größe\tprice\r\n1\t10,5\r\n2\t20\r\n"), labels: []float32{10.5, 20}, features: "größe"},
		"UTF-16, big":      {text: utf16Text(binary.BigEndian, "größe\tprice\n1\t10\n2\t20\n"), labels: []float32{10, 20}, features: "größe"},
		"Latin-1":          {text: "gr\xf6\xdfe,price\n1,10\n2,20\n", labels: []float32{10, 20}, features: "größe", notice: western},
		"two encodings":    {text: "größe,ort,price\n1,K\xf6ln,10\n", err: `line 2: its letters are not all in UTF-8 ("K\xf6ln"); save the file as UTF-8`},
		"the other way":    {text: "gr\xf6\xdfe,ort,price\n1,Köln,10\n", err: `line 2: its letters are not all in UTF-8 ("Köln")`},
		"neither":          {text: "a\x81,price\n1,10\n", err: `line 1: its letters are not all in UTF-8 ("a\x81")`},
		"a letter lost":    {text: "a\ufffd,price\n1,10\n2,20\n", labels: []float32{10, 20}, features: "a\ufffd"},
		"half a letter":    {text: utf16Text(binary.LittleEndian, "a,price\n1,10\n") + "\x00\xd8,\x001\x00", err: "line 3: its letters are not all in UTF-8"},
		"names in quotes":  {text: "\"width, in m, inside\";price\n1,5;10\n2;20\n", labels: []float32{10, 20}, features: "width, in m, inside"},
		"no text":          {text: "PK\x03\x04\x14\x00\x06\x00", err: "it holds bytes of 0, as no text does; save it as text in UTF-8"},
		"CR alone":         {text: "größe,price\r1,10\r2,20\r", labels: []float32{10, 20}, features: "größe"},
		"CR and MacRoman":  {text: "gr\x9a\xa7e,price\r1,10\r2,20\r", err: "its letters are not all in UTF-8"},
		"CR LF":            {text: "a,price\r\n1,10\r\n2,20\r\n", labels: []float32{10, 20}, features: "a"},
		"semicolons":       {text: "a;price\n1,5;10,25\n2,5;20\n", labels: []float32{10.25, 20}, features: "a"},
		"bars":             {text: "a|price\n1|10\n2|20\n", labels: []float32{10, 20}, features: "a"},
		"thousands":        {text: "a,price\n1,10\n2,\"1,000\"\n", err: `column "price" of table "homes" has numbers, but "1,000" in row 2; write it as 1234.5, without signs for thousands`},
		"all of thousands": {text: "a,price\n1,\"2,000\"\n2,\"1,000\"\n", err: `but "2,000" in row 1; write it as 1234.5`},
		"of a feature":     {text: "a,price\n1,5\n\"2,000\",6\n", err: `column "a" of table "homes" has numbers, but "2,000" in row 2`},
		"by blanks":        {text: "a,price\n1,2 000\n2,1 000\n", err: `but "2 000" in row 1; write it as 1234.5`},
		"by points":        {text: "a;price\n1;1.000,5\n2;2,5\n", err: `but "1.000,5" in row 1; write it as 1234.5`},
		"points or not":    {text: "a;price\n1;1.200\n2;2.350\n", labels: []float32{1.2, 2.35}, features: "a", notice: `column "price": 1.200 is read as 1.2; write numbers without signs for thousands`},
		"commas or not":    {text: "a\tprice\n1\t1,200\n2\t2,350\n", labels: []float32{1.2, 2.35}, features: "a", notice: `column "price": 1,200 is read as 1.2`},
		"no doubt":         {text: "a;price\n1;0,200\n2;2,350\n", labels: []float32{0.2, 2.35}, features: "a"},
		"too large":        {text: "a,price\n1,1e300\n2,3\n", err: `column "price" of table "homes" has numbers, but "1e300" in row 1; write it as 1234.5, without signs for thousands and below 3.4e38`},
		"a large feature":  {text: "a,price\n1e300,1\n2,3\n", err: `column "a" of table "homes" has numbers, but "1e300" in row 1`},
		"a stray word":     {text: "a,price\n1,10\n2,x\n3,30\n", err: `column "price" of table "homes" has numbers, but "x" in row 2; write a number there, or nothing for a missing value; AsClasses() takes all of them as names`},
		"small numbers":    {text: "a,price\n1,1e-5\n2,x\n", err: `column "price" of table "homes" has numbers, but "x" in row 2`},
		"a stray feature":  {text: "a,price\n1,10\nx,20\n3,30\n", err: `column "a" of table "homes" has numbers, but "x" in row 2; write a number there, or nothing for a missing value; OneHot("a") takes all of them as names`},
		"units":            {text: "a,price\n" + strings.Repeat("1,x\n", 3) + many(20, "1,$%d\n"), err: `has 21 different texts in 23 rows ("x" in row 1), too many for classes`},
		"a row too long":   {text: "a,price\n1,10\n\"" + strings.Repeat("2,20\n", 1<<20), err: "it cannot be read after line 2 (a row is longer than 4 MB, as if a quotation mark were missing)"},
	} {
		set, err := CSV(file(t, c.text), "price").Train()
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || len(err.Error()) > 500 {
				t.Errorf("%s: error %.600v, want %s", name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := must[data.Description](t)(CSV(file(t, c.text), "price").Describe())
		if !slices.Equal(set.Labels.F32, c.labels) || set.Classes != nil || d.Features[0] != c.features {
			t.Errorf("%s: labels %v, classes %q, features %q", name, set.Labels, set.Classes, d.Features)
		}
		if !strings.Contains(set.Notice, c.notice) || c.notice == "" && set.Notice != "" {
			t.Errorf("%s: notice %q", name, set.Notice)
		}
	}
}

func many(n int, line string) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, line, i)
	}
	return out.String()
}

// Texts of a few values are classes, also with digits in them, and all are where AsClasses says so.
func TestClassesOfTexts(t *testing.T) {
	for _, text := range []string{"a,kind\n" + many(30, "1,class%d\n2,class%[1]d\n"), "a,kind\n1,x\n2,y\n3,z\n", "a,kind\n1,10-20\n2,20-30\n3,30+ years\n"} {
		if set := must[*data.Set](t)(CSV(file(t, text), "kind").Train()); set.Classes == nil {
			t.Errorf("%.20q: %v", text, set.Labels)
		}
	}
	if set := must[*data.Set](t)(CSV(file(t, "a,kind\n"+many(20, "1,$%d\n")), "kind").AsClasses().Train()); len(set.Classes) != 20 {
		t.Errorf("classes %q", set.Classes)
	}
}

// A .csv.gz is the table that it holds, under its name and with its identity.
func TestPackedTable(t *testing.T) {
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "homes.csv"), filepath.Join(dir, "homes.csv.gz")
	for path, contents := range map[string][]byte{plain: []byte(homes), packed: zipped(t, []byte(homes))} {
		if err := os.WriteFile(path, contents, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	recipe := func(path string) Recipe { return CSV(path, "price").Drop("id", "town").DropMissing() }
	if a, b := must[string](t)(recipe(plain).ID()), must[string](t)(recipe(packed).ID()); a != b {
		t.Errorf("%s and %s", a, b)
	}
	a, b := must[*data.Set](t)(recipe(plain).Train()), must[*data.Set](t)(recipe(packed).Train())
	if a.Name != b.Name || !slices.Equal(a.Inputs.F32, b.Inputs.F32) {
		t.Errorf("%+v and %+v", a, b)
	}
	whole := zipped(t, []byte("a,price\n"+many(100_000, "%d,2\n")))
	for want, contents := range map[string][]byte{
		"it cannot be read after line ": whole[:len(whole)/2],
		"gzip: invalid checksum":        append(bytes.Clone(whole[:len(whole)-8]), 0, 0, 0, 0, 0, 0, 0, 0),
		"this is not a gzip file":       []byte(homes),
	} {
		if err := os.WriteFile(packed, contents, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := recipe(packed).Train()
		wants(t, err, want)
		wants(t, err, "make it anew")
	}
}

func zipped(t *testing.T, contents []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(contents) // to memory
	_ = zip.Close()
	return out.Bytes()
}

// A table takes a multiple of its file, and what a packed file may unpack to has a limit.
func TestMemoryOfTables(t *testing.T) {
	cells := "a,price\n" + strings.Repeat("1,2\n", 1<<16)
	var err error
	took := allocated(func() { _, err = Read("t", strings.NewReader(cells)) })
	if err != nil || took > 150*uint64(len(cells)) {
		t.Errorf("%d bytes for a table of %d: %v", took, len(cells), err)
	}
	bomb := filepath.Join(t.TempDir(), "bomb.csv.gz")
	contents := zipped(t, append([]byte("a,price\n"), bytes.Repeat([]byte("\n"), 100<<20)...))
	if err := os.WriteFile(bomb, contents, 0o666); err != nil {
		t.Fatal(err)
	}
	took = allocated(func() { _, err = CSV(bomb, "price").Train() })
	wants(t, err, "longer than 4 MB")
	if took > 16<<20 {
		t.Errorf("%d bytes for a file of %d", took, len(contents))
	}
	contents = zipped(t, append([]byte("a,price\n"), bytes.Repeat([]byte(strings.Repeat(" ", 1<<20)+"1,2\n"), 100)...))
	if err := os.WriteFile(bomb, contents, 0o666); err != nil {
		t.Fatal(err)
	}
	took = allocated(func() { _, err = CSV(bomb, "price").Train() })
	wants(t, err, "unpack to more than")
	if took > 400<<20 {
		t.Errorf("%d bytes for a file of %d", took, len(contents))
	}
	names := "a,price\n" + many(30000, "name%d,1\n")
	took = allocated(func() { _, err = CSV(file(t, names), "price").OneHot("a").Train() })
	wants(t, err, "has 30000 features in 30000 rows, 3433 MB; drop columns of many different texts")
	if took > 100<<20 {
		t.Errorf("%d bytes for features of %d names", took, 30000)
	}
}

// Many columns and many classes are as few are; with a square of the time this would take minutes.
func TestWideTable(t *testing.T) {
	const n = 100_000
	wide := "y" + many(n, ",column number %d") + "\n" + "1" + many(n, ",%d") + "\n2" + many(n, ",%d") + "\n"
	dropped := strings.Split(strings.TrimPrefix(many(3000, ",column number %d"), ","), ",")
	if set := must[*data.Set](t)(CSV(file(t, wide), "y").Drop(dropped...).Train()); set.Inputs.Size() != n-3000 {
		t.Errorf("%d columns are left", set.Inputs.Size())
	}
	if set := must[*data.Set](t)(CSV(file(t, wide), "y").Normalized().Train()); set.Inputs.F32[n+5] != 0 {
		t.Errorf("a constant became %v", set.Inputs.F32[n+5])
	}
	if set := must[*data.Set](t)(CSV(file(t, "x,y\n"+many(n, "1,%d\n")), "y").AsClasses().Train()); set.Labels.I32[n-1] != n-1 {
		t.Errorf("the last class is %d", set.Labels.I32[n-1])
	}
}

// What an error quotes of a file is cut, whatever it is.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, text := range map[string]string{
		"a target":  "a,price\n1,10\n2," + long + "\n",
		"a feature": "a,price\n" + long + ",10\n2,20\n",
		"letters":   "a,price\nü,1\n\xfc" + long + ",1\n",
		"columns":   "price," + many(5000, "column %d,") + "b\n" + strings.Repeat("1,", 5000) + "\n",
		"a column":  long + ",price\nx,10\n",
		"a pair":    long + "," + long + "\nx,10\n",
		"the end":   "price," + long + "\n1,\n",
		"a word":    "a,price\n1,\"" + long + "\n",
	} {
		for _, r := range []Recipe{CSV(file(t, text), "price"), CSV(file(t, text), "none"), CSV(file(t, text), "price").Drop("none")} {
			if _, err := r.Train(); err == nil || len(err.Error()) > 1500 {
				t.Errorf("%s: an error of %d bytes", name, len(fmt.Sprint(err)))
			}
		}
	}
	_, err := Iris().Encode(Row{long: 1})
	if err == nil || len(err.Error()) > 1500 {
		t.Errorf("a row: an error of %d bytes", len(fmt.Sprint(err)))
	}
	_, err = AutoMPG().OneHot("origin").DropMissing().Encode(Row{"origin": long})
	if err == nil || len(err.Error()) > 1500 {
		t.Errorf("a value: an error of %d bytes", len(fmt.Sprint(err)))
	}
	gaps := "y" + many(100, ",column %d") + "\n" + strings.Repeat("1"+strings.Repeat(",", 100)+"\n", 9) + "1" + strings.Repeat(",2", 100) + "\n"
	_, err = CSV(file(t, gaps), "y").Train()
	wants(t, err, "; leave those rows out with DropMissing()")
	if set := must[*data.Set](t)(CSV(file(t, gaps), "y").DropMissing().Train()); len(set.Notice) > 500 || !strings.HasSuffix(set.Notice, "…; 9 of 10 rows are left out") {
		t.Errorf("notice %q", set.Notice)
	}
	set, err := CSV(file(t, "price;"+long+"\n1;1.234\n2;2.345\n"), "price").Train()
	if err != nil || len(set.Notice) > 1500 || set.Notice == "" {
		t.Errorf("a notice of %d bytes, %v", len(set.Notice), err)
	}
}

// A table of very many fields is refused when it has taken as much as they may.
func TestFieldsOfTables(t *testing.T) {
	was := mostFields
	mostFields = 1 << 20
	defer func() { mostFields = was }()
	text := "a,b\n" + strings.Repeat("1,2\n", 4<<20)
	var err error
	took := allocated(func() { _, err = Read("t", strings.NewReader(text)) })
	wants(t, err, "it has more than 1 million fields; read it row by row with pipeline.CSV")
	if took > 100<<20 {
		t.Errorf("%d bytes for %d fields", took, mostFields)
	}
}
