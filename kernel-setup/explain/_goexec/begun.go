package goexec

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"gonblabs/mnistkit/files"
)

// begun clears what killed kernels left, and ends this kernel when the program that started it has ended.
func (s *State) begun() {
	files.Sweep(os.TempDir(), "gonb_")
	_, _ = files.Hold(s.TempDir) // until the end of this kernel
	self, _ := os.FindProcess(os.Getpid())
	parent := os.Getppid()
	starter, err := os.FindProcess(parent)
	if said, none := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); none == nil && runtime.GOOS != "windows" {
		starter, err = os.FindProcess(said) // Jupyter's number: it may have ended before this kernel looked
	}
	go func() {
		if runtime.GOOS == "windows" && err == nil {
			_, err = starter.Wait()
		}
		if err != nil {
			return // it may be there, out of sight
		}
		for runtime.GOOS != "windows" && os.Getppid() == parent && starter.Signal(syscall.Signal(0)) != os.ErrProcessDone {
			time.Sleep(time.Second)
		}
		_ = self.Signal(syscall.SIGTERM)
		time.Sleep(15 * time.Second) // for a cell that tidies up
		os.Exit(1)
	}()
}
