package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// ErrEngineDied is wrapped by the error of a call during which the engine
// program ended. Everything that was saved before is intact.
var ErrEngineDied = errors.New("the engine program ended unexpectedly")

// client is a Session whose engine is a child program.
type client struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	stderr  *lastOutput
	kills   int // for want of memory, before it began
	backend string

	requests int // sent so far
	enc      *gob.Encoder
	dec      *gob.Decoder

	ending sync.Once
	ended  error // how the child ended
}

// Open starts an engine for the recipe: the one that is linked into this program,
// or else the engine program. It first builds that program if it is missing or
// older than its sources.
//
//	s, err := session.Open(recipe)
//
// The caller closes it.
func Open(r Recipe) (Session, error) {
	if linked != nil {
		return linked(r)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	path, err := EnsureEngine(root, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return nil, err
	}
	return launch(path, r)
}

// detach keeps a Ctrl-C in the terminal, and GoNB's interrupt, from reaching
// the engine program: its parent decides when it stops. It does so on Unix only.
var detach = func(*exec.Cmd) {}

// launch runs the program at path and opens the recipe in it.
func launch(path string, r Recipe) (Session, error) {
	s := &client{cmd: exec.Command(path), stderr: &lastOutput{}, kills: memoryKills()}
	s.cmd.Stderr = s.stderr
	detach(s.cmd)
	in, errIn := s.cmd.StdinPipe()
	out, errOut := s.cmd.StdoutPipe()
	if err := cmp.Or(errIn, errOut, s.cmd.Start()); err != nil {
		return nil, fmt.Errorf("engine: cannot run %s: %w; build it with: %s", filepath.Base(path), err, files.Command("setup"))
	}
	s.in, s.enc, s.dec = in, gob.NewEncoder(in), gob.NewDecoder(out)
	a, err := s.call(request{Op: "open", Recipe: r})
	if err != nil {
		s.Close()
		return nil, err
	}
	s.backend = a.Backend
	return s, nil
}

// call sends q and waits for its final answer.
func (s *client) call(q request) (response, error) {
	return s.follow(context.Background(), q, nil)
}

// follow sends q, hands every progress on, and asks the engine to stop when
// ctx ends; the final answer comes in both cases.
func (s *client) follow(ctx context.Context, q request, progress func(Partial)) (response, error) {
	s.requests++
	q.Number = s.requests
	if err := s.enc.Encode(q); err != nil {
		return response{}, s.died()
	}
	disarm := context.AfterFunc(ctx, func() { _ = s.enc.Encode(request{Op: "stop", Number: q.Number}) })
	defer disarm()
	for {
		var a response
		switch err := s.dec.Decode(&a); {
		case err != nil:
			return response{}, s.died()
		case a.Final && a.Err != "":
			return a, errors.New(a.Err)
		case a.Final:
			return a, nil
		case progress != nil:
			progress(a.Partial)
		}
	}
}

// died says why the engine program ended, and where all is that it said.
func (s *client) died() error {
	ended, said := fmt.Sprint(cmp.Or(s.end(), errors.New("exit status 0"))), s.stderr.b.String()
	why, killed := lastWords(said), ended == "signal: killed" || ended == "signal: terminated"
	if why == "" || killed {
		why = ended
	}
	says := func(words string) bool { return strings.Contains(strings.ToLower(why), words) }
	switch {
	case killed && memoryKills() > s.kills, says("out of memory"), says("cannot allocate"), says("bad_alloc"):
		why = fmt.Sprintf("memory ran out (%s%s); use a smaller BatchSize, smaller layers or fewer examples", why, memoryLimit())
	case killed:
		why = "another program, or the system, ended it (" + ended + ")"
	default:
		why = "it crashed: " + why
	}
	if dir, err := data.CacheDir(); err == nil {
		file := filepath.Join(dir, "engine-died.txt")
		if files.Write(file, []byte(said+ended+"\n")) == nil {
			why += "; all that it said is in " + file
		}
	}
	return fmt.Errorf("%w: %s; what was saved is intact, run the cell again to go on from there", ErrEngineDied, why)
}

// lastWords finds the line of a program's output that says why it ended: before the stack
// that Go writes, or else the last one.
func lastWords(said string) (last string) {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		starts := func(with string) bool { return strings.HasPrefix(line, with) }
		_, message, logged := strings.Cut(line, "] ")
		switch {
		case starts("SIG"): // what C said comes before it
			return cmp.Or(last, line)
		case logged && (starts("F0") || starts("F1")): // XLA's begin with the month
			return message
		case starts("runtime: out of memory: "), starts("fatal error: "), starts("panic: "), starts("terminate called "):
			return line
		}
		last = cmp.Or(line, last)
	}
	return last
}

// system is where the system tells of its limits; tests have their own.
var system = "/"

// limits reads a file of the cgroups that this program is in, the innermost first; older
// is its name in their older form. Elsewhere than on Linux there is none.
func limits(file, older string) (texts []string) {
	groups, _ := os.ReadFile(system + "proc/self/cgroup")
	for line := range strings.Lines(string(groups)) {
		folder := strings.TrimSpace(line[strings.LastIndex(line, ":")+1:])
		for ; folder != "."; folder = strings.TrimSuffix(filepath.Dir(folder), "/") {
			now, _ := os.ReadFile(filepath.Join(system, "sys/fs/cgroup", folder, file))
			before, _ := os.ReadFile(filepath.Join(system, "sys/fs/cgroup/memory", folder, older))
			texts = append(texts, string(now), string(before))
		}
	}
	return texts
}

// memoryLimit says how little memory this program may use; "" if all that there is.
func memoryLimit() (words string) {
	least := float64(1 << 50) // where there is no limit, the system says "max" or more than this
	for _, text := range limits("memory.max", "memory.limit_in_bytes") {
		limit := least
		if _, err := fmt.Sscan(text, &limit); err == nil && limit < least {
			least, words = limit, fmt.Sprintf("; the limit of its container is %.3g GB", limit/1e9)
		}
	}
	return words
}

// memoryKills grows when the system ends a program because memory ran out.
func memoryKills() (n int) {
	texts := limits("memory.events", "memory.oom_control")
	if strings.Join(texts, "") == "" { // the whole machine tells it too
		vmstat, _ := os.ReadFile(system + "proc/vmstat")
		texts = []string{string(vmstat)}
	}
	for _, text := range texts {
		count := 0
		_, number, _ := strings.Cut(text, "oom_kill ")
		_, _ = fmt.Sscan(number, &count)
		n += count
	}
	return n
}

func (s *client) Backend() string { return s.backend }

func (s *client) Put(name string, chunk *data.Set, left int) error {
	sent := *chunk
	sent.Index = nil // the engine does not ask
	_, err := s.call(request{Op: "put", Name: name, Set: &sent, Left: left})
	return err
}

func (s *client) Train(ctx context.Context, e Epoch, progress func(Partial)) (Partial, error) {
	a, err := s.follow(ctx, request{Op: "train", Epoch: e}, progress)
	return a.Partial, err
}

func (s *client) Evaluate(ctx context.Context, set string, indices []int32) (map[string]float64, error) {
	a, err := s.follow(ctx, request{Op: "evaluate", Name: set, Indices: indices}, nil)
	return a.Metrics, err
}

func (s *client) Predict(ctx context.Context, set string) (data.Array, error) {
	a, err := s.follow(ctx, request{Op: "predict", Name: set}, nil)
	return a.Outputs, err
}

func (s *client) Weights() ([]Weight, error) {
	a, err := s.call(request{Op: "weights"})
	return a.Weights, err
}

func (s *client) SetWeights(w []Weight) error {
	_, err := s.call(request{Op: "setweights", Weights: w})
	return err
}

func (s *client) Save(dir string) error { return s.callOn(dir, "save") }
func (s *client) Load(dir string) error { return s.callOn(dir, "load") }

// callOn names a folder by its absolute path: the engine may run in another.
func (s *client) callOn(dir, op string) error {
	abs, err := filepath.Abs(dir)
	if err == nil {
		_, err = s.call(request{Op: op, Dir: abs})
	}
	return err
}

// Close ends the child.
func (s *client) Close() error {
	_ = s.end() // how it ends no longer matters
	return nil
}

// end ends the child, and says how it ended: it exits when its input ends, and
// is killed when it does not within two seconds.
func (s *client) end() error {
	s.ending.Do(func() {
		s.in.Close()
		timer := time.AfterFunc(2*time.Second, func() { _ = s.cmd.Process.Kill() })
		defer timer.Stop()
		s.ended = s.cmd.Wait()
	})
	return s.ended
}

// lastOutput keeps the last part of what is written to it, for an error message.
type lastOutput struct{ b bytes.Buffer }

func (o *lastOutput) Write(p []byte) (int, error) {
	o.b.Write(p)
	o.b.Next(max(0, o.b.Len()-1<<20))
	return len(p), nil
}
