package mnistkit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gonblabs/mnistkit/runs"
)

// TestRunsOfAnother: in the runs of a teacher, which a student can read only, what is stored is shown and what is
// asked is answered, with a note; nothing is written.
func TestRunsOfAnother(t *testing.T) {
	const student = "MNISTKIT_TEST_STUDENT"
	if os.Getenv(student) != "" {
		t.Setenv("MNISTKIT_RUNS", filepath.Join(os.Getenv(student), t.Name()))
		r, notes := small(t), noted(t)
		if h := fitted(t, r, 2); len(h) != 2 {
			t.Errorf("%d epochs", len(h))
		}
		if accuracyOf(t, r) == 0 || len(*notes) != 1 || !strings.Contains((*notes)[0], "The score is not stored: ") || !strings.Contains((*notes)[0], ": permission denied; check the path and its permissions") {
			t.Errorf("told %q", *notes)
		}
		if _, err := r.Predict(r.Data.Test()); err != nil || len(*notes) != 2 {
			t.Errorf("%v, told %q", err, *notes)
		}
		if text := boardText(t); !strings.Contains(text, "test/small") {
			t.Error(text)
		}
		for what, err := range map[string]error{"more epochs": second(r.Fit(3)), "a run of one's own": second(r.With("test/mine", nil).Fit(1)), "Reset": r.Reset()} {
			if err == nil || !strings.Contains(err.Error(), "permission denied; check the path and its permissions, or choose another one") {
				t.Errorf("%s: %v", what, err)
			}
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can be two users; TestReadOnlyRuns tries the same with errors that are made")
	}
	r := small(t)
	fitted(t, r, 2)
	parent := filepath.Dir(runs.Root())
	for _, folder := range []string{parent, filepath.Dir(parent)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), student+"="+parent, "TMPDIR=/tmp", "GOMLX_BACKEND=go") // a plugin may lie where only root may read
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
	if after := tree(t); after != before {
		t.Errorf("there was\n%s\nand now is\n%s", before, after)
	}
}

// tree names all that lies in the folder of the runs.
func tree(t *testing.T) (names string) {
	t.Helper()
	err := filepath.WalkDir(runs.Root(), func(path string, _ os.DirEntry, err error) error {
		names += path + "\n"
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
