package main

import (
	"fmt"
	"math"
	"strings"
)

// parityPeers are trained in the cases of the group "parity": equal recipes
// must learn equally well, whoever trains them.
var parityPeers = []string{"kit", "keras-jit"}

// parity is a lab's training in full, which counts for what it learns.
func parity(c Case, epochs int) Case {
	c.Name, c.Group = "parity-"+c.Name, "parity"
	c.Epochs, c.Rows, c.Test, c.Reshuffle = epochs, c.Whole, c.Data.tests(), true
	return c
}

// tests is the number of the test examples.
func (d Data) tests() int {
	if n, ok := map[string]int{"imdb": 25_000, "auto-mpg": 79, "iris": 30}[d.Name]; ok {
		return n
	}
	return 10_000
}

// parityTable holds the means of all seeds against Keras'.
func (r Results) parityTable() string {
	var b strings.Builder
	for _, c := range r.Cases {
		ours, ok := c.find("kit")
		peer, both := c.find("keras-jit")
		if c.Group != "parity" || !ok || !both {
			continue
		}
		if b.Len() == 0 {
			b.WriteString("\n### Parity\n\nThe same recipe trained here and by Keras: mean on the test examples after the last epoch, and the range of the seeds. " +
				"Each begins with weights of its own, but for rows that say *same start*: there Keras is given our first weights and our order of the examples.\n\n" +
				"| recipe | epochs | seeds | metric | here | Keras | difference | limit | |\n|---|---|---|---|---|---|---|---|---|\n")
		}
		difference, limit, met := apart(c.Metric, mean(ours.Seeds), mean(peer.Seeds))
		verdict := "not met"
		if met {
			verdict = "met"
		}
		name := strings.TrimPrefix(c.Name, "parity-")
		if c.SameStart {
			name += ", same start"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %s | %s | %s | %s | %s |\n", name, c.Epochs, c.Repeats, c.Metric,
			reached(c.Metric, ours), reached(c.Metric, peer), difference, limit, verdict)
	}
	return b.String()
}

// apart says how far ours is from the peer's: in points of accuracy, or as a
// share of an error.
func apart(metric string, ours, peer float64) (difference, limit string, met bool) {
	if metric == "accuracy" {
		d := 100 * (ours - peer)
		return fmt.Sprintf("%+.2f points", d), "±0.3 points", math.Abs(d) <= 0.3
	}
	d := 100 * (ours - peer) / peer
	return fmt.Sprintf("%+.1f %%", d), "±5 %", math.Abs(d) <= 5
}

func reached(metric string, p PeerResult) string {
	if metric == "accuracy" {
		return fmt.Sprintf("%.2f %% (%.2f–%.2f)", 100*mean(p.Seeds), 100*p.Learned.Low, 100*p.Learned.High)
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", mean(p.Seeds), p.Learned.Low, p.Learned.High)
}
