package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/show"
)

// killsEach is how often the soak test kills a training before that may end.
const killsEach = 3

// undisturbed is longer than a training takes.
const undisturbed = time.Hour

// soak kills trainings at random moments; each has to end with the weights of one that nobody disturbed.
// Seed 0 draws the moments anew.
func (p *project) soak(ctx context.Context, t *tests, times int, seed uint64) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	random := rand.New(rand.NewPCG(seed, 0))
	t.check(ctx, fmt.Sprintf("soak: %d trainings, %d kills, seed %d", times, times*killsEach, seed), func(status func(string)) error {
		folder, err := os.MkdirTemp("", "soak-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		program := filepath.Join(folder, "soak"+exe)
		if _, err := output(p.command(ctx, "go", "build", "-o", program, "./kernel-setup/soak")); err != nil {
			return err
		}
		start := time.Now()
		want, err := p.trainSoak(ctx, program, filepath.Join(folder, "whole"), undisturbed)
		if err != nil {
			return err
		}
		took := time.Since(start)
		for i := range times {
			killed := filepath.Join(folder, fmt.Sprint(i))
			var moments []string
			for range killsEach {
				moment := time.Duration(random.Int64N(int64(took)))
				moments = append(moments, moment.Round(time.Millisecond).String())
				status(fmt.Sprintf("training %d, killed after %s", i+1, moments[len(moments)-1]))
				if _, err := p.trainSoak(ctx, program, killed, moment); err != nil {
					return err
				}
			}
			got, err := p.trainSoak(ctx, program, killed, undisturbed)
			if err != nil {
				return fmt.Errorf("training %d, killed after %s: %w", i+1, strings.Join(moments, ", "), err)
			}
			if got != want {
				return fmt.Errorf("training %d, killed after %s, ended with weights %s; those of an undisturbed one are %s",
					i+1, strings.Join(moments, ", "), got, want)
			}
		}
		return nil
	})
}

// trainSoak starts the training, kills it after a while, and returns the fingerprint of its weights, "" when it
// was killed. One that ends before is as good.
func (p *project) trainSoak(ctx context.Context, program, folder string, kill time.Duration) (string, error) {
	limited, cancel := context.WithTimeout(ctx, kill)
	defer cancel()
	train := with(p.command(limited, program), append(p.backendOrGo().environment(), "MNISTKIT_RUNS="+folder)...)
	train.Cancel = func() error { return train.Process.Kill() }
	_, err := output(train)
	if limited.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", err
	}
	return runs.Fingerprint(filepath.Join(folder, "soak", "last"))
}

// fuzz lets Go look for inputs that break a parser, so long for each target.
func (p *project) fuzz(ctx context.Context, t *tests, each time.Duration) error {
	printed, err := output(p.command(ctx, "go", "test", "-list", "^Fuzz", "./..."))
	if err != nil {
		return err
	}
	var targets []string // of the package whose line comes next
	for line := range strings.SplitSeq(printed, "\n") {
		if strings.HasPrefix(line, "Fuzz") {
			targets = append(targets, line)
			continue
		}
		for _, target := range targets {
			look := p.goCheck(ctx, pureGo.environment(), "test", "-run=^$", "-fuzz=^"+target+"$", "-fuzztime="+each.String(), strings.Fields(line)[1])
			t.check(ctx, fmt.Sprintf("%s, %s", target, show.Duration(each.Seconds())), func(status func(string)) error {
				return realFailure(look(status))
			})
		}
		targets = nil
	}
	return nil
}

// realFailure leaves out what Go's fuzzer at times takes for one: the end of its own time.
func realFailure(err error) error {
	if err != nil && strings.Contains(err.Error(), "context deadline exceeded") && !strings.Contains(err.Error(), "Failing input written") {
		return nil
	}
	return err
}
