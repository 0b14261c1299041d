package fetch

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// one is a set of the test's file, from one mirror.
func one(mirrors ...string) dataset {
	return dataset{name: "pixels", files: []file{published(contents)}, mirrors: mirrors}
}

// drip sends a piece again and again until the client leaves.
func drip(piece []byte, pause time.Duration, sent *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			n, err := w.Write(piece)
			sent.Add(int64(n))
			if err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(pause)
		}
	}
}

// A mirror that never ends, drips or says nothing is left, with the reason.
func TestMirrorsWithoutMeasure(t *testing.T) {
	var sent atomic.Int64
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // in the note
		most    int    // requests
	}{
		{"endless", drip(make([]byte, 1<<16), 0, &sent), "wrong sha256, thrown away", 1},
		{"one byte at a time", drip([]byte("x"), 10*time.Millisecond, &sent), "less than 20000 bytes came in 300ms", 1},
		{"silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "less than 20000 bytes came in 300ms", 1},
		{"one byte a try", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "it broke off 20 times, at last after 20 of 1048576 bytes", 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent.Store(0)
			bad, asked := serve(t, test.handler)
			good, _ := serve(t, whole)
			path := filepath.Join(cache(t), "pixels", "pixels.bin")
			var notes []string
			f := newFetcher(one(bad, good), func(p Progress) {
				if p.Note != "" {
					notes = append(notes, p.Note)
				}
			})
			f.slowLimit = 300 * time.Millisecond
			if err := f.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path)
			if len(notes) != 2 || !strings.Contains(notes[0], test.want) || len(*asked) > test.most {
				t.Errorf("notes %q after %d requests, want %q after at most %d", notes, len(*asked), test.want, test.most)
			}
			if sent.Load() > 16<<20 { // what the connection holds, and one byte more
				t.Errorf("%d bytes were taken of a file of %d", sent.Load(), len(contents))
			}
		})
	}
}

// What lies there already may be damaged: a good mirror is asked once from the start, a bad one not for ever.
func TestDamagedPartial(t *testing.T) {
	wrong := bytes.Repeat([]byte("x"), len(contents)+10)
	for name, partial := range map[string][]byte{
		"part": wrong[:1000], "whole": wrong[:len(contents)], "too long": wrong,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(cache(t), "pixels", "pixels.bin")
			put(t, filepath.Join(filepath.Dir(path), partials, "pixels.bin"), partial)
			good, asked := serve(t, whole)
			if err := newFetcher(one(good), nil).run(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path)
			if last := (*asked)[len(*asked)-1]; last != "GET /pixels.bin" || len(*asked) > 2 {
				t.Errorf("asked %q, want the whole file at last", *asked)
			}
			put(t, filepath.Join(filepath.Dir(path), partials, "pixels.bin"), partial)
			_ = os.Remove(path)
			bad, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wrong[:len(contents)]))
			})
			err := newFetcher(one(bad), nil).run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "wrong sha256") || len(*asked) > 2 {
				t.Errorf("a bad mirror: %v after %q", err, *asked)
			}
		})
	}
}

// What is in the way is named.
func TestFolderInThePlaceOfThePartial(t *testing.T) {
	path := filepath.Join(cache(t), "pixels", partials, "pixels.bin")
	put(t, filepath.Join(path, "mine.txt"), []byte("mine"))
	good, _ := serve(t, whole)
	err := newFetcher(one(good), nil).run(t.Context())
	if err == nil || !strings.Contains(err.Error(), path+" is not a file; remove it") {
		t.Errorf("error %v, want one that names the folder", err)
	}
	if _, err := os.Stat(filepath.Join(path, "mine.txt")); err != nil {
		t.Error("what was in the folder is gone")
	}
}

// The second of two fetches waits, says so, and finds everything there.
func TestTwoFetchesAtOnce(t *testing.T) {
	waits := make(chan struct{})
	mirror, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-waits:
		case <-r.Context().Done():
		}
		whole(w, r)
	})
	path := filepath.Join(cache(t), "pixels", "pixels.bin")
	ended := make(chan error, 2)
	begin := func() {
		said := false
		ended <- newFetcher(one(mirror), func(p Progress) {
			if strings.Contains(p.Note, "waiting") && !said {
				said = true
				close(waits)
			}
		}).run(t.Context())
	}
	go begin()
	go begin()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	wantFile(t, path)
	if len(*asked) != 1 {
		t.Errorf("the mirror was asked %q, want once", *asked)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_ = os.Remove(path)
	if err := newFetcher(one(mirror), nil).run(ctx); err == nil || !strings.Contains(err.Error(), "goes on from there") {
		t.Errorf("a fetch that is stopped gives %v", err)
	}
}

// slow is a file that comes in pieces.
type slow struct{ *bytes.Reader }

func (s slow) Read(b []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return s.Reader.Read(b)
}

// A fetch that is killed, wherever it is, keeps what came, and nobody's lock; the next one goes on from there.
func TestKilledFetches(t *testing.T) {
	if mirror := os.Getenv("MIRROR_OF_THE_CHILD"); mirror != "" { // this is the program that is killed
		if err := newFetcher(one(mirror), nil).run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	var asked, goingOn atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Range") != "" {
			goingOn.Add(1)
		}
		http.ServeContent(w, r, "", time.Time{}, slow{bytes.NewReader(contents)})
	}))
	defer server.Close()
	path := filepath.Join(cache(t), "pixels", "pixels.bin")
	seed := uint64(time.Now().UnixNano())
	chance := rand.New(rand.NewPCG(seed, 0))
	for range 12 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledFetches$")
		child.Env = append(os.Environ(), "MIRROR_OF_THE_CHILD="+server.URL+"/")
		begun := asked.Load()
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for start := time.Now(); asked.Load() == begun && time.Since(start) < time.Minute; {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(chance.IntN(400)) * time.Millisecond)
		_ = child.Process.Kill()
		_ = child.Wait()
		if got, err := os.ReadFile(path); err == nil && !bytes.Equal(got, contents) {
			t.Errorf("seed %d: a file of %d bytes stands for the whole", seed, len(got))
		}
		_ = os.Remove(path) // where the kill came too late
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := newFetcher(one(server.URL+"/"), nil).run(ctx); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	wantFile(t, path)
	if goingOn.Load() == 0 {
		t.Errorf("seed %d: no fetch went on from where one was killed", seed)
	}
}

// Nothing comes from an address that anybody on the way can change.
func TestMirrorsAreEncrypted(t *testing.T) {
	for _, set := range catalogue {
		for _, mirror := range set.mirrors {
			if !strings.HasPrefix(mirror, "https://") {
				t.Errorf("%s of %s", mirror, set.name)
			}
		}
	}
}
