package runs

import (
	"fmt"
	"os"
	"strconv"

	"gonblabs/mnistkit/files"
)

// Share is the part of each sweep that this program trains, while others train the rest into the same runs folder.
type Share struct{ Number, Of int } // Number from 1 on

// TheShare is the share of this program, and 1 of 1 where it trains everything.
//
//	share, err := runs.TheShare()
//
// It is "3/8" in $MNISTKIT_SHARE, else the place of the task in an array of Slurm, else that of the pod in an Indexed Job of
// Kubernetes, which tells its pods their numbers but not how many there are: $MNISTKIT_SHARES does. Where the locks of the
// runs folder do not hold between machines, it is an error.
func TheShare() (Share, error) {
	s, err := readShare(os.Getenv)
	if err == nil && s.Of > 1 {
		err = files.LocksReach(Root())
	}
	return s, err
}

func readShare(getenv func(string) string) (s Share, err error) {
	number := func(variable string, otherwise int) int {
		text := getenv(variable)
		if text == "" {
			return otherwise
		}
		n, wrong := strconv.Atoi(text)
		if wrong != nil && err == nil {
			err = fmt.Errorf("%s is %q; it must be a whole number", variable, text)
		}
		return n
	}
	source, remedy := "MNISTKIT_SHARE", "count the shares from 1 on, such as 3/8"
	switch {
	case getenv(source) != "":
		if n, wrong := fmt.Sscanf(getenv(source)+"\n", "%d/%d\n", &s.Number, &s.Of); n != 2 || wrong != nil {
			err = fmt.Errorf("%s is %q; give the number of the share and how many there are, such as 3/8", source, getenv(source))
		}
	case getenv("SLURM_ARRAY_TASK_ID") != "":
		source, remedy = "SLURM_ARRAY_TASK_ID", "number the tasks of an array without gaps, such as 0-7"
		s.Number = (number(source, 0)-number("SLURM_ARRAY_TASK_MIN", 0))/max(1, number("SLURM_ARRAY_TASK_STEP", 1)) + 1
		s.Of = number("SLURM_ARRAY_TASK_COUNT", 1)
	case getenv("JOB_COMPLETION_INDEX") != "" && getenv("MNISTKIT_SHARES") != "":
		source, remedy = "JOB_COMPLETION_INDEX", "set MNISTKIT_SHARES to the completions of the Job"
		s.Number, s.Of = number(source, 0)+1, number("MNISTKIT_SHARES", 1)
	default:
		return Share{1, 1}, nil
	}
	if err == nil && (s.Number < 1 || s.Number > s.Of) {
		err = fmt.Errorf("%s makes this share %d of %d; %s", source, s.Number, s.Of, remedy)
	}
	return s, err
}

// Has says whether number i of a sweep, from 0 on, belongs to the share.
func (s Share) Has(i int) bool { return i%s.Of == s.Number-1 }

// Elsewhere ends the error about a run that another share has not trained yet.
const Elsewhere = "another task has it in its share; what needs it comes when all have ended"
