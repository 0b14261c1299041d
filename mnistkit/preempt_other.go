//go:build !unix

package mnistkit

import "os"

var preemption []os.Signal
