package view

import (
	"fmt"
	"strings"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/training"
)

// Curves shows the learning curves of one or more runs, for their first n epochs; 0
// means all.
func Curves(n int, list ...training.Run) (show.Block, error) {
	var named []chart.Named
	for _, r := range list {
		h, err := r.History()
		if err != nil {
			return nil, fmt.Errorf("kit.Curves: %w", err)
		}
		if len(h) == 0 {
			return nil, fmt.Errorf("kit.Curves: the run %q has no epochs yet; call its Fit first", r.Name)
		}
		if n > 0 {
			h = h.First(n)
		}
		named = append(named, chart.Named{Name: r.Name, History: h})
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("kit.Curves: no run given; name at least one")
	}
	title := "" // the legend names them
	if len(named) == 1 {
		title = named[0].Name
	} else {
		shorten(named)
	}
	return chart.Curves(title, nil, named...)
}

// shorten takes off what all names begin with, up to a / or -: a legend needs
// only what differs.
func shorten(list []chart.Named) {
	common := list[0].Name
	for _, n := range list[1:] {
		for !strings.HasPrefix(n.Name, common) {
			common = common[:len(common)-1]
		}
	}
	prefix := common[:strings.LastIndexAny(common, "/-")+1]
	for _, n := range list {
		if n.Name == prefix {
			return
		}
	}
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, prefix)
	}
}
