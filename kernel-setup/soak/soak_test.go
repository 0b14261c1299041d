// Package soak kills trainings at random moments, and repeats one. The suite `test soak` runs it on every backend.
package soak

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/training"
)

var (
	times = flag.Int("times", 1, "`number` of series of trainings that are killed")
	seed  = flag.Uint64("seed", 1, "`number` that the moments follow from")
)

// killsEach is how often a series is killed before it may end.
const killsEach = 4

// child is set for a program that trains and is to be killed.
const child = "MNISTKIT_SOAK_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	digest, err := trainAll()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

// trainAll does one of each training, and tells their results from all others: the history, and the
// last, the best and all kept weights.
func trainAll() (string, error) {
	digits := data.MNIST().First(2000).Holdout(0.15)
	one := training.Run{
		Name: "soak/run", Data: digits, Optimizer: session.Adam(1e-3), Seed: 1,
		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(16).ReLU(), layer.Dropout(0.2), layer.Dense(10)},
	}
	callbacks := []fit.Callback{
		fit.ModelCheckpoint{Monitor: "val_accuracy"}, fit.SaveWeights{Every: 2, Keep: 3}, fit.EvaluateOn{Name: "test", Set: digits.Test},
		fit.ReduceLROnPlateau{Monitor: "val_loss", Patience: 1}, fit.TensorBoard{Histograms: 2},
	}
	sweep := training.Vary(one, "batch", []int{32, 64}, func(r *training.Run, size int) { r.BatchSize = size })
	loop := training.Loop{Name: "soak/loop", Start: training.Variables{"x": {0}, "many": make([]float32, 1000)}}
	_, err := one.Fit(10, callbacks...)
	if err == nil {
		err = sweep.Fit(4, callbacks[0])
	}
	if err == nil {
		_, err = loop.Fit(200, func(epoch int, v training.Variables) (training.Metrics, error) {
			time.Sleep(2 * time.Millisecond)
			for i := range v["many"] {
				v["many"][i] += float32(epoch) * v["x"][0]
			}
			v["x"][0] += 0.01 * (1 - v["x"][0])
			return training.Metrics{"loss": float64(1 - v["x"][0])}, nil
		})
	}
	sum := sha256.New()
	add := func(what any, failed error) {
		if err == nil {
			err = failed
		}
		fmt.Fprintln(sum, what)
	}
	history := func(h fit.History, failed error) {
		for _, e := range h {
			e.Seconds = 0
			add(e, failed)
		}
	}
	for _, r := range append(sweep, one) {
		history(r.History())
		list, failed := r.Checkpoints()
		names := []string{"last", "best"}
		for _, c := range list {
			names = append(names, c.Name)
		}
		add(names, failed)
		for _, name := range names {
			add(r.At(name).Weights())
		}
	}
	history(loop.History())
	add(loop.Variables())
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}

// train starts the trainings, kills them after a while, and returns their digest, "" when they were
// killed. Ones that end before are as good.
func train(t *testing.T, runs string, kill time.Duration) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), kill)
	defer cancel()
	cmd := exec.CommandContext(ctx, program) // ends it by a kill
	cmd.Env = append(os.Environ(), child+"=1", "MNISTKIT_DATA=bundled", "MNISTKIT_RUNS="+runs)
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return ""
	}
	if err != nil {
		var said string
		if failed, ok := err.(*exec.ExitError); ok {
			said = string(failed.Stderr)
		}
		t.Fatalf("%v\n%s", err, said)
	}
	return strings.TrimSpace(string(out))
}

// TestKilledTrainings: trainings of a Run with all callbacks, a Sweep and a Loop that are killed at
// random moments end with the history and the weights of ones that nobody disturbed.
func TestKilledTrainings(t *testing.T) {
	t.Logf("%d series, %d kills, seed %d", *times, *times*killsEach, *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	began := time.Now()
	want := train(t, filepath.Join(t.TempDir(), "whole"), time.Hour)
	took := time.Since(began)
	for i := range *times {
		folder := filepath.Join(t.TempDir(), "killed")
		var moments []string
		for range killsEach {
			moment := time.Duration(random.Int64N(int64(took)))
			moments = append(moments, moment.Round(time.Millisecond).String())
			train(t, folder, moment)
		}
		if got := train(t, folder, time.Hour); got != want {
			t.Errorf("series %d, killed after %s, ended with the digest %s; that of an undisturbed one is %s", i+1, strings.Join(moments, ", "), got, want)
		}
	}
}
