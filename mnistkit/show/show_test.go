package show

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// epochs is the table that the tests show.
var epochs = Table{
	Caption: "Epochs of <lenet>",
	Header:  []string{"epoch", "loss", "notes"},
	Rows:    [][]string{{"1", "0.4210", ""}, {"★ 2", "0.0912", "rate 0.001 → 0.0005 & on"}, {"10", "NaN"}},
	Foot:    []string{"★ best"},
	Strong:  2,
}

func ExampleTable() {
	fmt.Print(epochs.Text())
	// Output:
	// Epochs of <lenet>
	// epoch    loss  notes
	// ─────  ──────  ────────────────────────
	//     1  0.4210
	//   ★ 2  0.0912  rate 0.001 → 0.0005 & on
	//    10     NaN
	// ★ best
}

func TestTableHTML(t *testing.T) {
	page := epochs.HTML()
	for what, n := range map[string]int{
		"<table": 1, "</table>": 1, "<caption": 1, `<th scope="col"`: 3, `<th scope="row"`: 3, "<td": 6, "<tr>": 5,
		"Epochs of &lt;lenet&gt;": 1, "0.0005 &amp; on": 1, `colspan="3"`: 1,
		"font-weight:bold\">★ 2<": 1, "text-align:right": 8, // two columns of numbers, four rows each
	} {
		if got := strings.Count(page, what); got != n {
			t.Errorf("%q occurs %d times in %s, want %d", what, got, page, n)
		}
	}
	portable(t, page)
	if page := (Table{Header: []string{"", "loss"}, Rows: [][]string{{"", "1"}}}).HTML(); strings.Count(page, "<th") != 1+strings.Count(page, "<thead") {
		t.Errorf("a header says nothing in %s", page)
	}
}

// portable fails on what an untrusted notebook or one of the two themes loses.
func portable(t *testing.T, page string) {
	t.Helper()
	for _, lost := range []string{"<style", "<script", "<svg", "http:", "https:", ";color:", "\"color:", "background"} {
		if strings.Contains(page, lost) {
			t.Errorf("%q in %s", lost, page)
		}
	}
}

func TestTableAlign(t *testing.T) {
	for _, c := range []struct {
		name, align, want string
		rows              [][]string
	}{
		{"numbers right", "", "lr", [][]string{{"mlp", "97.71 %"}, {"lenet", "–"}}},
		{"shapes are words", "", "lr", [][]string{{"(None, 28, 28)", "-3"}}},
		{"empty columns left", "", "rl", [][]string{{"∞", ""}, {"1,024", "–"}}},
		{"one word makes a column of words", "", "ll", [][]string{{"1", "a"}, {"x", "2"}}},
		{"as asked, the rest by content", "l", "lr", [][]string{{"1", "2"}}},
	} {
		if got := string(Table{Align: c.align, Rows: c.rows}.align()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Rows take values as they are; a type that writes itself does.
func TestAddRow(t *testing.T) {
	table := Table{}
	table.AddRow("lenet", 61706, 0.04583, float32(0.5), nil, math.NaN(), errors.New("broken"), 3*time.Second, []int{1, 2}, true, uint16(60000)).Decimals = 2
	table.AddRow(0.04583)
	want := [][]string{{"lenet", "61,706", "0.0458", "0.5000", "–", "NaN", "broken", "3s", "[1 2]", "true", "60,000"}, {"0.05"}}
	if !reflect.DeepEqual(table.Rows, want) {
		t.Errorf("%q, want %q", table.Rows, want)
	}
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		block      Block
		html, text string
	}{
		{Line("a < b"), "a &lt; b</p>", "a < b\n"},
		{Note("bundled <sample>"), `role="note"`, "Note: bundled <sample>\n"},
		{Note("bundled <sample>"), "bundled &lt;sample&gt;", ""},
		{Details{"All & more", Line("body")}, "<summary>All &amp; more</summary><p", "body\n"},
		{Progress{"epoch <3>", 0.5}, `max="1000" value="500"`, "█████░░░░░ epoch <3>\n"},
		{Progress{"epoch <3>", 7}, `value="1000"`, "██████████ epoch"},
		{Progress{"", math.NaN()}, `value="0"`, "░░░░░░░░░░"},
		{Progress{"epoch <3>", 0}, "<label>epoch &lt;3&gt;<br><progress", ""},
		{Blocks{Line("a"), Line("b")}, "a</p><p", "a\nb\n"},
	} {
		page := c.block.HTML()
		if !strings.Contains(page, c.html) || !strings.HasPrefix(c.block.Text(), c.text) {
			t.Errorf("%#v: %s | %q; want %s and %q", c.block, page, c.block.Text(), c.html, c.text)
		}
		portable(t, page)
	}
}

func TestLiveThrottles(t *testing.T) {
	now := time.Unix(0, 0)
	var out strings.Builder
	l := &Live{out: &out, columns: 80, now: func() time.Time { return now }}
	draws := 0
	for range 100 { // one second, an update each 10 ms
		l.Update(func() Block { draws++; return Line(fmt.Sprint(now.UnixMilli())) })
		now = now.Add(10 * time.Millisecond)
	}
	l.Done(Line("end"))
	want := "\r\x1b[K0\r\x1b[K200\r\x1b[K400\r\x1b[K600\r\x1b[K800\r\x1b[Kend\n"
	if got := out.String(); got != want || draws != 5 {
		t.Errorf("%d draws, output %q; want 5 and %q", draws, got, want)
	}
}

func TestTerminal(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	l := &Live{out: &out, columns: 20, now: func() time.Time { now = now.Add(time.Second); return now }}
	l.Update(func() Block { return Blocks{Line("epoch 1"), Line("more")} })
	l.Log("a line that stays")
	l.Update(func() Block { return Line("a line too long for twenty columns") })
	l.Done(Line("done"))
	want := "\r\x1b[Kepoch 1\r\x1b[Ka line that stays\n\r\x1b[Ka line too long fo…\r\x1b[Kdone\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestPlain(t *testing.T) {
	var out strings.Builder
	l := &Live{out: &out, now: time.Now}
	l.Update(func() Block { t.Error("drawn for nobody"); return Line("") })
	l.Log("epoch 1 of 2")
	l.Done(Line("done"))
	if out.String() != "epoch 1 of 2\ndone\n" {
		t.Errorf("%q", out.String())
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(0.98914), "0.9891"}, {Number(0), "0.0000"}, {Number(-0.5), "-0.5000"}, {Number(0.00012), "1.20e-04"},
		{Number(1234.56), "1234.6"}, {Number(2.5e7), "2.50e+07"},
		{Number(math.NaN()), "NaN"}, {Number(math.Inf(1)), "∞"}, {Number(math.Inf(-1)), "-∞"},
		{Duration(0.4), "0.4 s"}, {Duration(9.97), "10 s"}, {Duration(59.7), "1 min 00 s"}, {Duration(192), "3 min 12 s"}, {Duration(5400), "1 h 30 min"},
		{Count(0), "0"}, {Count(999), "999"}, {Count(-101770), "-101,770"},
		{Count(-999), "-999"}, {Count(math.MinInt64), "-9,223,372,036,854,775,808"}, {Count(60000), "60,000"},
		{Metric("val_accuracy", 0.98614), "98.61 %"}, {Metric("loss", 0.04581), "0.0458"}, {Points(0.99, 0.98), "+1.00 points"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestPlayable: the model goes along for a page only, and other notebooks stay small.
func TestPlayable(t *testing.T) {
	block := Playable{Block: Note("Draw a digit."), Model: []byte(`{"run":"mnist/lenet"}`)}
	for page, want := range map[string]any{"": nil, "1": `{"run":"mnist/lenet"}`} {
		t.Setenv("MNISTKIT_PAGE", page)
		if c := content(block); c[PlayableType] != want || len(c) > 3 || c["text/html"] != block.HTML() || c["text/plain"] != block.Text() {
			t.Errorf("with MNISTKIT_PAGE=%q: %v", page, c)
		}
	}
}
