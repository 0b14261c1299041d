package session

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/layer"
)

// TestLaunch: a session whose engine is a program of its own.
func TestLaunch(t *testing.T) {
	s, err := launched(t, "engine")
	if err != nil {
		t.Fatal(err)
	}
	if s.Backend() != "fake of Adam(0.001)" {
		t.Errorf("backend %q", s.Backend())
	}
	// A set that does not fit into a pipe.
	set := &data.Set{Inputs: data.Array{Shape: []int{1 << 18}, U8: make([]uint8, 1<<20)}, Labels: data.Array{I32: make([]int32, 4)}}
	if err := PutSet(s, "train", set.Chunks()); err != nil {
		t.Fatal(err)
	}
	if means, err := s.Evaluate(t.Context(), "train", nil); err != nil || means["loss"] != 4 {
		t.Errorf("%v, %v", means, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := s.Train(ctx, Epoch{Number: forever}, func(Partial) { cancel() })
	if err != nil || p.Batches == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err = s.Evaluate(t.Context(), "train", nil)
	if !errors.Is(err, ErrEngineDied) {
		t.Errorf("after Close: %v", err)
	}
}

// TestLaunchErrors: an engine that does not come up.
func TestLaunchErrors(t *testing.T) {
	_, err := launch("/no/such/mnistkit-engine", config())
	oneSentence(t, err, "cannot run mnistkit-engine", "go run ./kernel-setup setup")
	for _, mode := range []string{"silent", "garbage"} {
		_, err := launched(t, mode)
		oneSentence(t, err, "the engine program ended unexpectedly")
		if !errors.Is(err, ErrEngineDied) {
			t.Errorf("%s: %v", mode, err)
		}
	}
	t.Setenv(engineMode, "engine")
	c := config()
	c.BatchSize = 13
	if _, err = launch(os.Args[0], c); err == nil || err.Error() != "the batch size is 13; that brings bad luck" {
		t.Errorf("%v", err)
	}
}

// TestEngineDies: the death of the engine is an error that says how it ended
// and what it said last; so is every call after it.
func TestEngineDies(t *testing.T) {
	s, err := launched(t, "engine")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Train(t.Context(), Epoch{Number: dying}, nil)
	if !errors.Is(err, ErrEngineDied) {
		t.Errorf("%v", err)
	}
	oneSentence(t, err, "it crashed: last words, line 9;", "what was saved is intact, run the cell again")
	if strings.Contains(err.Error(), "line 8") {
		t.Errorf("too much of what it said: %v", err)
	}
	_, err = s.Weights()
	if !errors.Is(err, ErrEngineDied) {
		t.Errorf("the call after it: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseWhileTraining: Close may come from another goroutine; the training
// then ends with an error.
func TestCloseWhileTraining(t *testing.T) {
	s, err := launched(t, "engine")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Train(t.Context(), Epoch{Number: forever}, func(Partial) { go s.Close() })
	if !errors.Is(err, ErrEngineDied) {
		t.Errorf("%v", err)
	}
}

// TestCloseDeaf: an engine that does not end with its input is killed.
func TestCloseDeaf(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), engineMode+"=deaf")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &client{cmd: cmd, in: in, stderr: &lastOutput{}}
	s.Close()
	if cmd.ProcessState == nil || cmd.ProcessState.Success() {
		t.Errorf("the engine ended with %v", cmd.ProcessState)
	}
}

// TestEngineEndsWithItsCell: when a cell is killed in the middle of a
// training, its engine does not go on.
func TestEngineEndsWithItsCell(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cell := exec.Command(os.Args[0])
	cell.Env = append(os.Environ(), engineMode+"=cell", "SESSION_TEST_SOCKET="+listener.Addr().String())
	if err := cell.Start(); err != nil {
		t.Fatal(err)
	}
	defer cell.Wait()
	defer cell.Process.Kill()
	conn, err := listener.Accept() // from the engine, which holds it open while it lives
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	if !lines.Scan() || lines.Text() != "training" {
		t.Fatalf("the engine says %q", lines.Text())
	}
	if err := cell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("the engine goes on without its cell: %q, %v", lines.Text(), lines.Err())
	}
}

func TestLastOutput(t *testing.T) {
	var s lastOutput
	for range 300_000 {
		s.Write([]byte("noise\n"))
	}
	s.Write([]byte("one\ntwo\nthree"))
	s.Write([]byte(" and more\n\n"))
	if got := s.b.String(); !strings.HasSuffix(got, "\none\ntwo\nthree and more\n\n") || s.b.Len() > 1<<20 {
		t.Errorf("%q of %d bytes", got[max(0, len(got)-100):], s.b.Len())
	}
}

// TestWhyEngineDied: the sentence says why in a reader's words, and names a file with all
// that the engine said. The engine is the real program.
func TestWhyEngineDied(t *testing.T) {
	t.Parallel()
	engine := realEngine(t)
	script := func(lines string) string { // runs before the engine, in its process
		f := filepath.Join(t.TempDir(), "engine.sh")
		if err := os.WriteFile(f, []byte("#!/bin/sh\nexport GOMLX_BACKEND=${GOMLX_BACKEND:-go}\n"+lines+"\nexec "+engine+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return f
	}
	large := config()
	large.Model = layer.Stack{layer.Flatten(), layer.Dense(50_000_000), layer.Dense(3)}
	for _, c := range []struct {
		name, program string
		recipe        Recipe
		signal        os.Signal // while it waits
		want          []string
		file          string // is in the file
	}{
		{"too large for a limit", script("export GOMLX_BACKEND=go\nulimit -v 1500000"), large, nil, []string{`memory ran out (runtime: out of memory: cannot allocate 8`, "; use a smaller BatchSize, smaller layers or fewer examples"}, "goroutine "},
		{"SIGKILL", script(""), config(), syscall.SIGKILL, []string{"unexpectedly: another program, or the system, ended it (signal: killed); all that"}, "signal: killed"},
		{"SIGABRT", script("export GOMLX_BACKEND=go"), config(), syscall.SIGABRT, []string{"it crashed: SIGABRT: abort"}, "goroutine "},
		{"C's last words", script("export GOMLX_BACKEND=go\necho 'malloc(): corrupted top size' >&2"), config(), syscall.SIGABRT, []string{"it crashed: malloc(): corrupted top size;"}, "goroutine "},
		{"an abort of XLA", script(`export XLA_FLAGS=--no_such_flag`), config(), nil, []string{"it crashed: Unknown flag in XLA_FLAGS: --no_such_flag;"}, "parse_flags_from_env.cc"},
		{"a mistake of ours", script("echo 'panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine 7' >&2; exit 2"), config(), nil, []string{"it crashed: panic: runtime error: invalid memory address or nil pointer dereference; all"}, "goroutine 7\nexit status 2"},
		{"C++", script("echo \"terminate called after throwing an instance of 'std::bad_alloc'\" >&2; kill -ABRT $$"), config(), nil, []string{"memory ran out (terminate called after throwing an instance of 'std::bad_alloc'"}, "signal: aborted"},
		{"nothing said", script("exit 0"), config(), nil, []string{"it crashed: exit status 0; all"}, "exit status 0"},
		{"SIGTERM", script("kill -TERM $$"), config(), nil, []string{"another program, or the system, ended it (signal: terminated)"}, "signal: terminated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.name, "XLA") && !strings.HasPrefix(os.Getenv("GOMLX_BACKEND"), "xla") {
				t.Skip("needs XLA")
			}
			s, err := launch(c.program, c.recipe)
			if err == nil {
				defer s.Close()
				if c.signal == nil {
					t.Fatal("it lives")
				}
				if err := s.(*client).cmd.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
				_, err = s.Weights()
				for err == nil { // until the signal has come
					_, err = s.Weights()
				}
			}
			oneSentence(t, err, append(c.want, "the engine program ended unexpectedly: ", "what was saved is intact, run the cell again")...)
			_, file, _ := strings.Cut(err.Error(), "all that it said is in ")
			file, _, _ = strings.Cut(file, ";")
			if said, err := os.ReadFile(file); err != nil || !strings.Contains(string(said), c.file) {
				t.Errorf("%s holds %.300q (%v)", file, said, err)
			}
			if strings.Contains(err.Error(), "goroutine") {
				t.Errorf("a stack: %v", err)
			}
		})
	}
}
