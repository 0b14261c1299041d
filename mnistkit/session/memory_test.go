package session

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMemory is a table of machines: what counts is the least limit on the way from the
// program's own cgroup to the root, in both forms of cgroups, and the kills in its own.
func TestMemory(t *testing.T) {
	const v2, v1 = "0::/user/me\n", "4:memory:/user/me\n3:cpu,cpuacct:/else\n0::/\n"
	for name, c := range map[string]struct {
		files map[string]string
		limit string
		kills int
	}{
		"nothing is told": {nil, "", 0},
		"no limit":        {map[string]string{"proc/self/cgroup": v2, "sys/fs/cgroup/user/me/memory.max": "max\n", "proc/vmstat": "a 1\noom_kill 7\n"}, "", 7},
		"the parent's": {map[string]string{"proc/self/cgroup": v2, "proc/vmstat": "oom_kill 7\n", "sys/fs/cgroup/user/me/memory.max": "3000000000\n",
			"sys/fs/cgroup/user/memory.max": "1000000000", "sys/fs/cgroup/user/memory.events": "oom 9\noom_kill 3\n"}, "; the limit of its container is 1 GB", 3},
		"the root's":     {map[string]string{"proc/self/cgroup": v2, "sys/fs/cgroup/memory.max": "2000000000\n"}, "; the limit of its container is 2 GB", 0},
		"of a container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "500000000\n"}, "; the limit of its container is 0.5 GB", 0},
		"the older form": {map[string]string{"proc/self/cgroup": v1, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/user/me/memory.limit_in_bytes": "3000000000\n", "sys/fs/cgroup/memory/user/me/memory.oom_control": "under_oom 0\noom_kill 2\n"},
			"; the limit of its container is 3 GB", 2},
	} {
		t.Run(name, func(t *testing.T) {
			before := system
			system = t.TempDir() + "/"
			defer func() { system = before }()
			for name, text := range c.files {
				if err := os.MkdirAll(filepath.Dir(system+name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(system+name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := memoryLimit(); got != c.limit {
				t.Errorf("limit %q, want %q", got, c.limit)
			}
			if got := memoryKills(); got != c.kills {
				t.Errorf("%d kills, want %d", got, c.kills)
			}
		})
	}
}
