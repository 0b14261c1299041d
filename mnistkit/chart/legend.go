package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend names the lines of all panels, in rows below them.
type legend struct {
	entries []entry
	width   float64
}

// entry is one sample of a line, of markers or both, and its name.
type entry struct {
	name  string
	line  *draw.LineStyle
	glyph *draw.GlyphStyle
}

const (
	sampleWidth = 34.0
	entryGap    = 26.0
	rowHeight   = 20.0
)

func newLegend(panels []panel, runs []Named, width float64) legend {
	key := legend{width: width}
	kinds := map[bool]bool{} // validation or not
	for _, p := range panels {
		for _, line := range p.lines {
			kinds[line.validation] = true
		}
	}
	several := len(runs) > 1
	if several {
		for r, run := range runs {
			line, glyph := lineStyle(r, kinds[true], true)
			line.Dashes = nil
			key.entries = append(key.entries, entry{run.Name, &line, &glyph})
		}
	}
	for _, validation := range []bool{false, true} {
		if !kinds[validation] {
			continue
		}
		line, glyph := lineStyle(0, validation, false)
		e := entry{name: "training", line: &line}
		if validation {
			e.name, e.glyph = "validation", &glyph
		}
		if several {
			line.Color, e.glyph = ink, nil
		}
		key.entries = append(key.entries, e)
	}
	best := bestGlyph
	key.entries = append(key.entries, entry{name: "best epoch", glyph: &best})
	return key
}

// rows puts as many entries side by side as fit.
func (l legend) rows() (rows [][]entry) {
	var row []entry
	used := 0.0
	for _, e := range l.entries {
		if w := e.width(); used > 0 && used+w > l.width {
			rows, row, used = append(rows, row), nil, 0
		}
		row = append(row, e)
		used += e.width()
	}
	return append(rows, row)
}

// sample is the room for the line; a marker alone takes less.
func (e entry) sample() float64 {
	if e.line == nil {
		return 14
	}
	return sampleWidth
}

func (e entry) width() float64 {
	return e.sample() + 6 + textWidth(e.name, textSize, false) + entryGap
}

func (l legend) height() float64 { return rowHeight * float64(len(l.rows())) }

func (l legend) draw(s *sheet, x, y float64) {
	for r, row := range l.rows() {
		used := -entryGap
		for _, e := range row {
			used += e.width()
		}
		at := x + (l.width-used)/2
		for _, e := range row {
			e.draw(s, at, y+rowHeight*(float64(r)+0.5))
			at += e.width()
		}
	}
}

func (e entry) draw(s *sheet, x, y float64) {
	if e.line != nil {
		s.StrokeLines(*e.line, []vg.Point{s.point(x, y), s.point(x+sampleWidth, y)})
	}
	if e.glyph != nil {
		s.DrawGlyphNoClip(*e.glyph, s.point(x+e.sample()/2, y))
	}
	s.write(e.name, x+e.sample()+6, y, textSize, false, ink, left)
}
