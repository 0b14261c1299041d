package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gonblabs/mnistkit/show"
)

// panel is one metric's part of a figure of curves.
type panel struct {
	metric  string
	lines   []series
	several bool // runs: the colour tells the run; else training from validation
}

func (p panel) draw(s *sheet, x, y, width, height float64) {
	axes := newPlot("epoch", "")
	title := p.metric
	axes.X.Tick.Marker, axes.Y.Tick.Marker = epochTicks{}, roundTicks{}
	if p.steep() {
		title += " (logarithmic)"
		axes.Y.Scale, axes.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	for _, line := range p.lines {
		p.addLine(axes, line)
		axes.X.Min = min(axes.X.Min, line.epochs[0])
		axes.X.Max = max(axes.X.Max, line.epochs[len(line.epochs)-1])
	}
	for _, line := range p.marked() {
		p.addBest(axes, line)
	}
	widen(&axes.X, 0.4)
	widen(&axes.Y, 0)
	const head = 26
	axes.Draw(s.area(x, y+head, width, height-head))

	s.write(title, x, y+head/2, textSize+1, true, ink, left)
	if best := p.marked(); !p.several && len(best) == 1 {
		line := best[0]
		fact := fmt.Sprintf("best %s: %s in epoch %.0f", line.kind(), show.Number(line.values[line.best]), line.epochs[line.best])
		s.write(fact, x+width, y+head/2, textSize, false, faint, right)
	}
}

// addLine draws a line between its gaps, and markers where they are needed.
func (p panel) addLine(axes *plot.Plot, line series) {
	style, glyph := p.style(line)
	every := 1 + len(line.values)/26 // not a marker at each of 100 epochs
	var marks plotter.XYs
	for _, piece := range line.pieces() {
		xys := make(plotter.XYs, len(piece))
		for i, at := range piece {
			xys[i] = plotter.XY{X: line.epochs[at], Y: line.values[at]}
			if at%every == 0 && line.validation || len(piece) == 1 {
				marks = append(marks, xys[i]) // a single point has no line to show it
			}
		}
		axes.Add(&plotter.Line{XYs: xys, LineStyle: style})
	}
	axes.Add(&plotter.Scatter{XYs: marks, GlyphStyle: glyph})
}

// addBest rings the best value.
func (p panel) addBest(axes *plot.Plot, line series) {
	at := plotter.XYs{{X: line.epochs[line.best], Y: line.values[line.best]}}
	ring := bestGlyph
	if p.several {
		_, marker := p.style(line)
		ring.Color = marker.Color
	}
	axes.Add(&plotter.Scatter{XYs: at, GlyphStyle: ring})
}

var bestGlyph = draw.GlyphStyle{Color: ink, Radius: 6.5 * px, Shape: draw.RingGlyph{}}

func (p panel) style(line series) (draw.LineStyle, draw.GlyphStyle) {
	return lineStyle(line.run, line.validation, p.several)
}

// lineStyle is how a line looks: by run if there are several, else training
// blue and validation red; validation is always dashed.
func lineStyle(run int, validation, several bool) (draw.LineStyle, draw.GlyphStyle) {
	colour := cycle[run%len(cycle)]
	marker := markers[(run+run/len(cycle))%len(markers)]
	if !several {
		colour, marker = blue, markers[0]
		if validation {
			colour = red
		}
	}
	style := draw.LineStyle{Color: colour, Width: 2 * px}
	if validation {
		style.Width = 1.6 * px
		style.Dashes = []vg.Length{5 * px, 3 * px}
	}
	return style, draw.GlyphStyle{Color: colour, Radius: 3 * px, Shape: marker}
}

// widen leaves air at both ends of an axis; a single value gets a little
// range of its own.
func widen(a *plot.Axis, least float64) {
	if a.Min > a.Max || math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) {
		a.Min, a.Max = 0, 1 // nothing to draw
	}
	if _, log := a.Scale.(plot.LogScale); log {
		a.Min, a.Max = a.Min/1.3, a.Max*1.3
		return
	}
	air := max(0.05*(a.Max-a.Min), least)
	if air == 0 {
		air = max(0.1*math.Abs(a.Max), 1e-3)
	}
	a.Min, a.Max = a.Min-air, a.Max+air
}
