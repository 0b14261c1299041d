//go:build cgo

package engine

import _ "github.com/gomlx/go-xla/compute/xla" // the backend "xla", where cgo is there
