package runs

import (
	"strings"
	"testing"
)

func TestReadShare(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want Share
		err  string
	}{
		{nil, Share{1, 1}, ""},
		{map[string]string{"MNISTKIT_SHARE": "3/8", "SLURM_ARRAY_TASK_ID": "0"}, Share{3, 8}, ""},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "0"}, Share{1, 4}, ""},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "14", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "2"}, Share{3, 3}, ""},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "3"}, Share{}, "makes this share 4 of 1"},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1"}, Share{}, "without gaps"},
		{map[string]string{"JOB_COMPLETION_INDEX": "7", "MNISTKIT_SHARES": "8"}, Share{8, 8}, ""},
		{map[string]string{"JOB_COMPLETION_INDEX": "7"}, Share{1, 1}, ""},
		{map[string]string{"JOB_COMPLETION_INDEX": "4", "MNISTKIT_SHARES": "4"}, Share{}, "makes this share 5 of 4; set MNISTKIT_SHARES to the completions"},
		{map[string]string{"JOB_COMPLETION_INDEX": "x", "MNISTKIT_SHARES": "8"}, Share{}, `JOB_COMPLETION_INDEX is "x"`},
		{map[string]string{"MNISTKIT_SHARE": "3"}, Share{}, "such as 3/8"},
		{map[string]string{"MNISTKIT_SHARE": "3/8/9"}, Share{}, "such as 3/8"},
		{map[string]string{"MNISTKIT_SHARE": "9/8"}, Share{}, "makes this share 9 of 8; count the shares from 1 on"},
		{map[string]string{"MNISTKIT_SHARE": "0/0"}, Share{}, "makes this share 0 of 0"},
	} {
		s, err := readShare(func(variable string) string { return c.env[variable] })
		if c.err == "" && (err != nil || s != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%v: %v, %v; want %v %s", c.env, s, err, c.want, c.err)
		}
	}
	owners := make([]int, 20)
	for number := range 3 {
		for i := range owners {
			if (Share{number + 1, 3}).Has(i) {
				owners[i]++
			}
		}
	}
	for i, n := range owners {
		if n != 1 {
			t.Errorf("run %d belongs to %d shares", i, n)
		}
	}
}
