package chart

import (
	"maps"
	"math"
	"slices"
)

// legend names the lines of all panels, in rows below them.
type legend struct {
	entries []legendEntry
	width   float64
}

// legendEntry is one sample of a line, of markers or both, and its name.
type legendEntry struct {
	name string
	line stroke // zero: none
	mark mark   // zero: none
}

const (
	sampleWidth = 34.0
	entryGap    = 26.0
	rowHeight   = 20.0
)

func newLegend(panels []panel, runs []Named, width float64) legend {
	key := legend{width: width}
	kinds := map[int]string{} // the data by their split
	for _, p := range panels {
		for _, line := range p.lines {
			kinds[line.split] = line.data
		}
	}
	several := len(runs) > 1
	if several {
		for r, run := range runs {
			line, mark := lineStyle(r, trainingSplit, true)
			key.entries = append(key.entries, legendEntry{run.Name, line, mark})
		}
	}
	for _, split := range slices.Sorted(maps.Keys(kinds)) {
		e := legendEntry{name: kinds[split]}
		e.line, e.mark = lineStyle(0, split, false)
		if several {
			e.line.colour = ink
		}
		if several || split == trainingSplit {
			e.mark = mark{}
		}
		key.entries = append(key.entries, e)
	}
	key.entries = append(key.entries, legendEntry{name: "best epoch", mark: bestMark})
	return key
}

// rows puts as many entries side by side as fit.
func (l legend) rows() (rows [][]legendEntry) {
	used := math.Inf(1)
	for _, e := range l.entries {
		if used += e.width(); used > l.width {
			rows, used = append(rows, nil), e.width()
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
	}
	return rows
}

// sample is the room for the line; a marker alone takes less.
func (e legendEntry) sample() float64 {
	if e.line.thick == 0 {
		return 14
	}
	return sampleWidth
}

func (e legendEntry) width() float64 {
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

func (e legendEntry) draw(s *sheet, x, y float64) {
	if e.line.thick > 0 {
		s.stroke(e.line, x, y, x+sampleWidth, y)
	}
	if e.mark.form != nil {
		e.mark.draw(s, x+e.sample()/2, y)
	}
	s.write(e.name, x+e.sample()+6, y, textSize, false, ink, left)
}
