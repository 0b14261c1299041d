package goexec

import (
	"os"
	"runtime"
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
	go func() {
		if runtime.GOOS == "windows" {
			client, err := os.FindProcess(parent)
			if err == nil {
				_, err = client.Wait()
			}
			if err != nil {
				return // it may be there, out of sight
			}
		}
		for runtime.GOOS != "windows" && os.Getppid() == parent {
			time.Sleep(time.Second)
		}
		_ = self.Signal(syscall.SIGTERM)
		time.Sleep(15 * time.Second) // for a cell that tidies up
		os.Exit(1)
	}()
}
