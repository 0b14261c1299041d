//go:build unix

package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// cgo links the XLA engine.
const cgo = "1"

// scripts is the folder of programs in a virtual environment, exe the end of a program's file name.
const scripts, exe = "bin", ""

// freeDisk is what this user may still write on the disk that holds a folder.
func freeDisk(folder string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// freeMemory is what programs may still take: on Linux what the system says, or what a container's limit leaves; on macOS,
// which does not say it, half of all.
func freeMemory() (int64, error) {
	if runtime.GOOS == "darwin" {
		all, err := output(exec.Command("sysctl", "-n", "hw.memsize"))
		if err != nil {
			return 0, err
		}
		bytes, err := strconv.ParseInt(all, 10, 64)
		return bytes / 2, err
	}
	return linuxMemory("/proc/meminfo", "/sys/fs/cgroup")
}

// askToEnd lets a program tidy up.
func askToEnd(process *os.Process) error { return process.Signal(syscall.SIGTERM) }

// become replaces this program by another one.
func become(arguments, environment []string) error {
	return syscall.Exec(arguments[0], arguments, environment)
}
