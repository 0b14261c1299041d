package chart

import "math"

// legendEntry is a sample of a look and its name.
type legendEntry struct {
	name string
	look
}

const (
	legendGap = 8.0 // above it
	entryGap  = 26.0
	rowHeight = 20.0
)

// newFigure is a sheet for a figure of a size, with a legend below it: as many
// entries side by side as fit.
func newFigure(width, height float64, entries ...legendEntry) *sheet {
	var rows [][]legendEntry
	used := math.Inf(1)
	for _, e := range entries {
		if used += e.width(); used > width {
			rows, used = append(rows, nil), e.width()
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
	}
	legend := rowHeight * float64(len(rows))
	s := newSheet(width+2*margin, height+legend+min(legend, legendGap)+2*margin)
	for r, row := range rows {
		used := -entryGap
		for _, e := range row {
			used += e.width()
		}
		x, y := margin+(width-used)/2, s.height-margin-legend+rowHeight*(float64(r)+0.5)
		for _, e := range row {
			e.draw(s, x, y)
			x += e.width()
		}
	}
	return s
}

// sample is the room for the line; a marker alone takes less.
func (e legendEntry) sample() float64 {
	if e.line.thick == 0 {
		return 14
	}
	return 34
}

func (e legendEntry) width() float64 { return e.sample() + 6 + plain.width(e.name) + entryGap }

func (e legendEntry) draw(s *sheet, x, y float64) {
	s.draw(look{line: e.line}, x, y, x+e.sample(), y)
	s.draw(look{mark: e.mark}, x+e.sample()/2, y)
	s.write(e.name, x+e.sample()+6, y, plain, left)
}
