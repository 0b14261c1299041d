package text

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonblabs/mnistkit/data"
)

// own is a folder in the layout of aclImdb, with one review more than there are classes.
func own(t *testing.T) map[string]string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return map[string]string{
		"train/pos/0_9.txt":   "A good, good film.<br />Good!",
		"train/neg/1_2.txt":   "\ufeffA bad film",
		"train/neg/0_1.TXT":   "bad and long",
		"test/pos/0_10.txt":   "good and unheard of",
		"test/neg/0_1.txt":    "long",
		"train/unsup/0_0.txt": "without a label",
		"README":              "not a review",
		"train/pos/._0_9.txt": "notes of macOS on 0_9.txt",
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, contents := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for name, contents := range files { // in no order
		if err := w.WriteHeader(&tar.Header{Name: "aclImdb/" + name, Mode: 0o644, Size: int64(len(contents))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Folder and archive give the same set, and the second time it comes from the cache.
func TestOwnReviews(t *testing.T) {
	files := own(t)
	packed := filepath.Join(t.TempDir(), "mine.tar.gz")
	if err := os.WriteFile(packed, archive(t, files), 0o644); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, path := range []string{folder(t, files), packed, packed} {
		r := IMDB().From(path).Padded(4)
		train, err := r.Train()
		if err != nil {
			t.Fatal(err)
		}
		texts, err := r.Texts(train)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(texts)
		if diff := cmp.Diff([]string{"a bad film", "bad and long", "good good film good"}, texts); diff != "" {
			t.Error(diff)
		}
		test, err := r.Test()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Texts(test); err != nil || !slices.Contains(got, "good and [UNK] [UNK]") {
			t.Errorf("%q, %v", got, err)
		}
		if err := train.Check(); err != nil || r.Bundled() || !strings.Contains(train.Notice, "own texts from "+path) {
			t.Errorf("%v, notice %q", err, train.Notice)
		}
		ids = append(ids, train.ID())
	}
	if ids[0] != ids[1] || ids[1] != ids[2] || !strings.HasPrefix(ids[0], "imdb/train:own(") {
		t.Errorf("IDs %q", ids)
	}
}

func TestReviewErrors(t *testing.T) {
	files := own(t)
	dir := t.TempDir()
	write := func(name string, contents []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := archive(t, files)
	lacking := map[string]string{}
	for name, contents := range files {
		if !strings.HasPrefix(name, "test/neg") {
			lacking[name] = contents
		}
	}
	long := map[string]string{"train/pos/0_9.txt": strings.Repeat("long ", longestReview/4)}
	for want, path := range map[string]string{
		"does not exist":                          filepath.Join(dir, "none"),
		"this is not a gzip file":                 write("text.tar.gz", []byte("hello")),
		"damaged or cut short":                    write("half.tar.gz", whole[:len(whole)-30]),
		"it holds no test/neg/NAME.txt":           write("lacking.tar.gz", archive(t, lacking)),
		"it holds no train/pos/NAME":              t.TempDir(),
		"train/pos/0_9.txt is not in UTF-8; save": write("latin.tar.gz", archive(t, map[string]string{"train/pos/0_9.txt": "caf\xe9"})),
		"train/neg/1.txt is not in UTF-8; save":   write("wide.tar.gz", archive(t, map[string]string{"train/neg/1.txt": "b\x00a\x00d\x00"})),
		"it is longer than 1048576":               write("long.tar.gz", archive(t, long)),
	} {
		_, err := IMDB().From(path).Train()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestRecipeErrors(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for want, r := range map[string]Recipe{
		"a vocabulary of 2 has no room":   IMDB().Vocabulary(2),
		"the vocabulary has no size":      {},
		"Padded(-1) has no room":          IMDB().Padded(-1),
		"Padded(0) has no room":           IMDB().Padded(0),
		`side "front" is not known`:       IMDB().Sides("front", Post),
		"leaves one subset empty":         IMDB().Holdout(0.99999),
		"takes a fraction of 2":           IMDB().Holdout(2),
		"a vocabulary of -5 has no room ": IMDB().Vocabulary(-5),
	} {
		_, err := r.Train()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := IMDB().Encode(); err == nil {
		t.Error("no text is encoded")
	}
	if _, err := IMDB().Encode("good", "..."); err == nil || !strings.Contains(err.Error(), `text 1 ("...") has no words`) {
		t.Errorf("got %v", err)
	}
	if _, err := IMDB().MultiHot().Texts(&data.Set{Inputs: data.Array{Shape: []int{3}, U8: make([]uint8, 3)}}); err == nil {
		t.Error("a multi-hot row is put into words")
	}
}

// The bundled sentences, in both forms.
func TestSample(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	r := IMDB().Holdout(0.4).Seed(1)
	form, err := r.Form()
	if err != nil {
		t.Fatal(err)
	}
	train, err := r.Train()
	if err != nil {
		t.Fatal(err)
	}
	validation, err := r.Validation()
	if err != nil {
		t.Fatal(err)
	}
	test, err := r.Test()
	if err != nil {
		t.Fatal(err)
	}
	if form.Train != train.Len() || form.Validation != validation.Len() || train.Len()+validation.Len()+test.Len() != 10072 || test.Len() != 2014 {
		t.Errorf("%+v, but %d, %d and %d sentences", form, train.Len(), validation.Len(), test.Len())
	}
	for i, n := range test.Counts() {
		if n < 900 {
			t.Errorf("%d test sentences of class %d", n, i)
		}
	}
	id, err := r.ID()
	if want := "imdb:sample:10000 words:256 post pre:holdout(0.4,seed 1)"; err != nil || id != want {
		t.Errorf("%s, %v; want %s", id, err, want)
	}
	hot, err := r.MultiHot().Train()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, v := range hot.Inputs.U8[:hot.Inputs.Size()] {
		sum += int(v)
	}
	distinct := map[int32]bool{}
	for _, n := range train.Inputs.I32[:256] {
		if n != Padding {
			distinct[n] = true
		}
	}
	if sum != len(distinct) || hot.ID() == train.ID() {
		t.Errorf("%d ones for %d different words; %s", sum, len(distinct), hot.ID())
	}
	mine, err := r.Encode("A great film")
	if err != nil || mine.Labelled() || mine.Check() != nil {
		t.Errorf("%v %v", err, mine)
	}
	if got, err := r.Texts(mine); err != nil || got[0] != "a great film" {
		t.Errorf("%q, %v", got, err)
	}
	alphabetic, err := r.Encoder()
	if slices.Sort(alphabetic.Words); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Texts(mine); err != nil || got[0] != "a great film" {
		t.Errorf("after the words of an encoder were sorted: %q, %v", got, err)
	}
	d, err := r.Describe()
	if err != nil || !IMDB().Bundled() || d.Found != "bundled sample" || d.Train[0]+d.Train[1] != train.Len() {
		t.Errorf("%+v, %v", d, err)
	}
	if a, b := IMDB().Sides(Pre, Pre).Padded(300), IMDB().Padded(300).Sides(Pre, Pre); a != b {
		t.Errorf("the order decides: %+v, %+v", a, b)
	}
	var again Recipe
	contents, err := json.Marshal(r)
	if err != nil || json.Unmarshal(contents, &again) != nil || again != r {
		t.Errorf("%+v comes back as %+v", r, again)
	}
}

// TestOwnTextsLoseTheirMarks: a review that is pasted with its marks of new
// lines is encoded as those of the corpus are.
func TestOwnTextsLoseTheirMarks(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	r := IMDB().Padded(8)
	marked, err := r.Encode("the end.<br /><br />The film")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := r.Encode("the end The film")
	if err != nil || !slices.Equal(marked.Inputs.I32, plain.Inputs.I32) {
		t.Errorf("%v with marks, %v without (%v)", marked.Inputs.I32, plain.Inputs.I32, err)
	}
}

func TestMostFrequent(t *testing.T) {
	v, err := NewVocabulary(0, "a film, a good film, a")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int][]string{-1: {}, 0: {}, 2: {"a", "film"}, 9: {"a", "film", "good"}} {
		got := v.MostFrequent(n)
		if !slices.Equal(got, want) {
			t.Errorf("the first %d: %q, want %q", n, got, want)
		}
		if len(got) > 0 {
			got[0] = "changed"
		}
	}
	if got := v.Word(2); got != "a" {
		t.Errorf("what MostFrequent gave is the vocabulary's own: %q", got)
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"A good film!", "<br />", "é\u00a0ß", "\xff\x00", "[UNK]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := NewVocabulary(0, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Decode(v.Encode(s)); got != strings.Join(Words(s), " ") {
			t.Errorf("%q comes back as %q", s, got)
		}
		rows, err := Pad([][]int32{v.Encode(s)}, 5, Post, Pre)
		if err != nil || rows.Len() != 1 {
			t.Errorf("%v, %v", rows, err)
		}
	})
}

// FuzzReviews: an archive is refused in a sentence, or gives reviews, in a multiple of the memory that it may take.
func FuzzReviews(f *testing.F) {
	whole := archive(f, map[string]string{"train/pos/0_9.txt": "good", "test/neg/0_1.txt": "bad"})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	path := filepath.Join(f.TempDir(), "reviews.tar.gz")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if err := os.WriteFile(path, contents, 0o666); err != nil {
			t.Fatal(err)
		}
		var list []review
		var err error
		if took := allocated(func() { list, err = readArchive(path) }); took > 1<<20+1000*uint64(len(contents)) {
			t.Fatalf("%d bytes for an archive of %d", took, len(contents))
		}
		if err != nil {
			return
		}
		for _, r := range list {
			if r.path == "" || r.label < 0 || r.label > 1 || len(r.text) > longestReview {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestArchiveBomb: an archive of 0.1 MB that unpacks to 120 is refused when it has taken what its size may hold.
func TestArchiveBomb(t *testing.T) {
	many := map[string]string{}
	for i := range 120 {
		many[fmt.Sprintf("train/pos/%d_9.txt", i)] = strings.Repeat(" ", longestReview)
	}
	path := filepath.Join(t.TempDir(), "reviews.tar.gz")
	contents := archive(t, many)
	if err := os.WriteFile(path, contents, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := readArchive(path)
	if err == nil || !strings.Contains(err.Error(), "unpack to more than") {
		t.Errorf("%d bytes: %v", len(contents), err)
	}
}

// allocated is how much memory f takes, freed again or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestChunks: put together the chunks are the set, for rows of word numbers and
// of zeros and ones.
func TestChunks(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	for _, r := range []Recipe{IMDB(), IMDB().Holdout(0.4), IMDB().MultiHot().Vocabulary(500).Holdout(0.9)} {
		for name, whole := range map[string]func() (*data.Set, error){"train": r.Train, "validation": r.Validation} {
			want, err := whole()
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = &data.Set{}
			}
			chunks, err := InChunks(r, name)
			if err != nil {
				t.Fatal(err)
			}
			if chunks.N != want.Len() {
				t.Errorf("%v: %d texts of %s, want %d", r, chunks.N, name, want.Len())
			}
			at := 0
			for chunk, err := range chunks.Each {
				if err != nil {
					t.Fatal(err)
				}
				piece := want.Slice(at, at+chunk.Len())
				at += chunk.Len()
				if chunk.Name != want.Name || !slices.Equal(chunk.Inputs.U8, piece.Inputs.U8) || !slices.Equal(chunk.Inputs.I32, piece.Inputs.I32) ||
					!slices.Equal(chunk.Labels.I32, piece.Labels.I32) || !slices.Equal(chunk.Index, piece.Index) {
					t.Errorf("%v: %s is not the same in chunks, before text %d", r, name, at)
				}
			}
			if at != want.Len() {
				t.Errorf("%v: %d texts of %s came, want %d", r, at, name, want.Len())
			}
		}
	}
	if _, err := InChunks(IMDB(), "test"); err == nil || !strings.Contains(err.Error(), `the subset "test" is not known`) {
		t.Errorf("%v", err)
	}
}
