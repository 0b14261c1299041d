package grading

import "syscall"

// With a key in it, the memory of the program is closed to other programs of its user, and to its own code by way of /proc.
func init() {
	if key != nil {
		_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
	}
}
