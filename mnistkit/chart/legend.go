package chart

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
	var used []float64 // of the width, in each row
	for _, e := range entries {
		last := len(rows) - 1
		if last < 0 || used[last]+entryGap+e.width() > width {
			rows, used, last = append(rows, nil), append(used, -entryGap), last+1
		}
		rows[last], used[last] = append(rows[last], e), used[last]+entryGap+e.width()
	}
	legend := rowHeight * float64(len(rows))
	s := newSheet(width+2*margin, height+legend+min(legend, legendGap)+2*margin)
	for r, row := range rows {
		x, y := margin+(width-used[r])/2, s.height-margin-legend+rowHeight*(float64(r)+0.5)
		for _, e := range row {
			e.draw(s, x, y)
			x += e.width() + entryGap
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

func (e legendEntry) width() float64 { return e.sample() + 6 + plain.width(e.name) }

func (e legendEntry) draw(s *sheet, x, y float64) {
	s.draw(look{line: e.line}, x, y, x+e.sample(), y)
	s.draw(look{mark: e.mark}, x+e.sample()/2, y)
	s.write(e.name, x+e.sample()+6, y, plain, left)
}
