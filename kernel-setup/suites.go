package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonblabs/mnistkit/show"
)

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
