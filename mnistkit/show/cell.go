package show

import (
	"runtime"
	"strings"

	"gonblabs/mnistkit/internal/check"
)

// CellLine is the source of the cell's line that is being run; "" where there is none.
func CellLine() string {
	if frames := cellFrames(); len(frames) > 0 {
		return check.Source(frames[0])
	}
	return ""
}

// InVar says whether a variable of the cell is just being given its first value, and
// the source of the line that declares it. GoNB does this anew in every later cell.
func InVar() (line string, ok bool) {
	if frames := cellFrames(); len(frames) > 0 && frames[len(frames)-1].Function == "main.init" {
		return check.Source(frames[len(frames)-1]), true
	}
	return "", false
}

// cellFrames are the calls in the cell that lead here, the innermost first.
func cellFrames() (list []runtime.Frame) {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		if strings.HasPrefix(f.Function, "main.") {
			list = append(list, f)
		}
	}
	return list
}
