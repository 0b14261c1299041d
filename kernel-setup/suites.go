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

// testOptions are the flags of test.
type testOptions struct {
	quick bool
	times int           // soak: trainings
	seed  uint64        // soak: of the moments; 0 draws one
	each  time.Duration // fuzz: for a target
}

// killsEach is how often the soak test kills a training before that may end.
const killsEach = 3

// undisturbed is longer than a training takes.
const undisturbed = time.Hour

// soak kills trainings at random moments; each has to end with the weights of one that nobody disturbed.
func (p *project) soak(o testOptions) testStep {
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	name := fmt.Sprintf("soak: %d trainings, %d kills, seed %d", o.times, o.times*killsEach, o.seed)
	return testStep{name, func(ctx context.Context, status func(string)) error {
		folder, err := os.MkdirTemp("", "soak-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		program := filepath.Join(folder, executable("soak"))
		if _, err := output(p.command(ctx, "go", "build", "-o", program, "./kernel-setup/soak")); err != nil {
			return err
		}
		start := time.Now()
		whole := filepath.Join(folder, "whole")
		if err := p.trainSoak(ctx, program, whole, undisturbed); err != nil {
			return err
		}
		took := time.Since(start)
		want, err := runs.Fingerprint(filepath.Join(whole, "soak", "last"))
		if err != nil {
			return err
		}
		random := rand.New(rand.NewPCG(o.seed, 0))
		for i := range o.times {
			killed := filepath.Join(folder, fmt.Sprint(i))
			var moments []string
			for range killsEach {
				moment := time.Duration(random.Int64N(int64(took)))
				moments = append(moments, moment.Round(time.Millisecond).String())
				status(fmt.Sprintf("training %d, killed after %s", i+1, moments[len(moments)-1]))
				if err := p.trainSoak(ctx, program, killed, moment); err != nil {
					return err
				}
			}
			if err := p.trainSoak(ctx, program, killed, undisturbed); err != nil {
				return fmt.Errorf("training %d, killed after %s: %w", i+1, strings.Join(moments, ", "), err)
			}
			got, err := runs.Fingerprint(filepath.Join(killed, "soak", "last"))
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("training %d, killed after %s, ended with weights %s; those of an undisturbed one are %s",
					i+1, strings.Join(moments, ", "), got, want)
			}
		}
		return nil
	}}
}

// trainSoak starts the training and kills it after a while; one that ends before is as good.
func (p *project) trainSoak(ctx context.Context, program, folder string, kill time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, kill)
	defer cancel()
	train := p.command(limited, program)
	train.Cancel = func() error { return train.Process.Kill() }
	with(train, append(p.backendOrGo().environment(), "MNISTKIT_RUNS="+folder)...)
	if _, err := output(train); limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	return nil
}

// fuzz lets Go look for inputs that break a parser, so long for each target.
func (p *project) fuzz(ctx context.Context, o testOptions) ([]testStep, error) {
	printed, err := output(p.command(ctx, "go", "test", "-list", "^Fuzz", "./..."))
	if err != nil {
		return nil, err
	}
	var steps []testStep
	var targets []string // of the package whose line comes next
	for line := range strings.SplitSeq(printed, "\n") {
		if strings.HasPrefix(line, "Fuzz") {
			targets = append(targets, line)
			continue
		}
		for _, target := range targets {
			look := p.goCheck(pureGo, "test", "-run=^$", "-fuzz=^"+target+"$", "-fuzztime="+o.each.String(), strings.Fields(line)[1])
			steps = append(steps, testStep{fmt.Sprintf("%s, %s", target, show.Duration(o.each.Seconds())), func(ctx context.Context, status func(string)) error {
				return realFailure(look(ctx, status))
			}})
		}
		targets = nil
	}
	return steps, nil
}

// realFailure leaves out what Go's fuzzer at times takes for one: the end of its own time.
func realFailure(err error) error {
	if err != nil && strings.Contains(err.Error(), "context deadline exceeded") && !strings.Contains(err.Error(), "Failing input written") {
		return nil
	}
	return err
}
