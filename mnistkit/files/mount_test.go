package files

import (
	"strings"
	"testing"
)

// TestLocksReach: the file system's type and options decide, of the mount that is really above the folder.
func TestLocksReach(t *testing.T) {
	const mounts = `22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:36 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2,local_lock=none,addr=10.0.0.1
41 22 0:37 / /scratch rw shared:3 - nfs server:/scratch rw,vers=3,nolock,proto=tcp,local_lock=all
42 22 0:38 / /with\040space rw - nfs server:/x rw,vers=3,local_lock=flock
43 22 0:39 / /lustre rw - lustre 10.0.0.2@tcp:/l rw,lazystatfs
44 22 0:40 / /lustre/locking rw - lustre 10.0.0.2@tcp:/m rw,flock
45 22 0:41 / /hidden rw - nfs server:/y rw,nolock
46 45 0:42 / /hidden rw - ext4 /dev/sdb rw
47 22 0:43 / /windows rw - cifs //server/share rw,nobrl
a damaged line
`
	for folder, want := range map[string]string{
		"/": "", "/srv/runs": "", "/home/ana/runs": "", "/homework": "", "/hidden/runs": "", "/lustre/locking/runs": "",
		"/scratch":          "/scratch lies on nfs (/scratch), where locks do not keep programs on other machines away; ask for a mount without nolock",
		"/scratch/ana/runs": "without nolock and local_lock, or set MNISTKIT_RUNS",
		"/with space/runs":  "without nolock", "/lustre/ana": "with the option flock", "/windows/x": "without nobrl",
	} {
		err := locksReach(folder, mounts)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", folder, err, want)
		}
	}
	if err := locksReach("/anywhere", ""); err != nil {
		t.Errorf("on a system that does not say: %v", err)
	}
	if err := LocksReach(t.TempDir()); err != nil {
		t.Error(err)
	}
}
