//go:build linux && cgo

package compiled

// #include <stdlib.h>
// #include "onednn.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// direct is the library that computes convolutions directly; mu guards it.
var direct struct {
	open        func() (name string, err error) // once; nil if there is none
	off         bool                            // for a while
	taken, left int
}

// Convolutions has oneDNN, the library at that path, compute the convolutions of what the
// plugin compiles from now on. The plugin must be loaded.
//
//	err := compiled.Convolutions("/opt/pjrt_c_api_cpu_plugin.so", "/opt/libdnnl.so.3")
//
// The library is loaded when a convolution needs it, and stays that of the program. XLA
// computes those that oneDNN does not know, and all where it cannot be loaded.
func Convolutions(plugin, library string) error {
	mu.Lock()
	defer mu.Unlock()
	if err := hook(plugin); err != nil {
		return err
	}
	if api := table; direct.open == nil { // else its primitives are in use
		direct.open = sync.OnceValues(func() (string, error) { return open(api, library) })
	}
	return nil
}

// Library names what computes convolutions, and loads it; the error says why XLA does.
//
//	name, err := compiled.Library() // "oneDNN 3.2.0"
func Library() (string, error) {
	mu.Lock()
	defer mu.Unlock()
	if direct.open == nil {
		return "", errors.New("there is no library for convolutions")
	}
	return direct.open()
}

// ByXLA has XLA compute the convolutions of what f compiles, for a comparison.
func ByXLA(f func()) {
	turn := func(off bool) {
		mu.Lock()
		defer mu.Unlock()
		direct.off = off
	}
	turn(true)
	defer turn(false)
	f()
}

// Convolved counts the convolutions of what was compiled: those that the library computes,
// and those that it left to XLA.
func Convolved() (taken, left int) {
	mu.Lock()
	defer mu.Unlock()
	return direct.taken, direct.left
}

// refuse leaves all to XLA from now on.
func refuse() {
	mu.Lock()
	defer mu.Unlock()
	direct.open = func() (string, error) { return "", errors.New("the plugin compiles no calls of a library") }
}

// open loads the library and makes it known to the plugin by its name and version. These
// stand in the text of a program then, and so decide under which name it is kept.
func open(api *C.struct_pjrt_api, library string) (string, error) {
	path := C.CString(library)
	defer C.free(unsafe.Pointer(path))
	name := (*C.char)(C.calloc(64, 1)) // XLA may look at it later
	if wrong := C.onednn_open(path, name); wrong != nil {
		return "", errors.New(C.GoString(wrong))
	}
	if wrong := C.onednn_register(api, name); wrong != nil {
		return "", errors.New(C.GoString(wrong))
	}
	return C.GoString(name), nil
}

// rewrite gives a program whose convolutions are calls of the library, if there are such.
func rewrite(text string) (string, bool) {
	mu.Lock()
	defer mu.Unlock()
	// XLA cannot split a call between devices.
	if direct.open == nil || direct.off || !strings.Contains(text, "stablehlo.convolution") || strings.Contains(text, "sdy.mesh") {
		return "", false
	}
	name, err := direct.open()
	if err != nil {
		return "", false
	}
	taken := direct.taken
	text = convolutionText.ReplaceAllStringFunc(text, func(own string) string {
		m := convolutionText.FindStringSubmatch(own)
		c, ok := parse(m)
		if !ok || C.onednn_prepare(&c) == 0 {
			return own
		}
		direct.taken++
		numbers := fmt.Sprint(unsafe.Slice((*int64)(unsafe.Pointer(&c)), unsafe.Sizeof(c)/8))
		layout := "dense<[3, 2, 1, 0]> : tensor<4xindex>"
		return fmt.Sprintf(`"stablehlo.custom_call"(%s) {api_version = 4 : i32, call_target_name = %q, backend_config = {convolution = array<i64: %s>}, `+
			`operand_layouts = [%s, %s], result_layouts = [%s]} : %s`, m[1], name, strings.ReplaceAll(strings.Trim(numbers, "[]"), " ", ", "), layout, layout, layout, m[11])
	})
	direct.left += strings.Count(text, `"stablehlo.convolution"`)
	return text, direct.taken > taken
}

// convolutionText matches a convolution of images as go-xla writes it. Its parts are the inputs, the axes, the dilation of the
// first input, the padding before it, the dilation of the second, the strides, and the types.
var convolutionText = regexp.MustCompile(`"stablehlo\.convolution"\((%\w+, %\w+)\) \{
\s*batch_group_count = 1 : i64,
\s*dimension_numbers = #stablehlo\.conv<([^\n]*)>,
\s*feature_group_count = 1 : i64,
\s*lhs_dilation = array<i64: (\d+), (\d+)>,
\s*padding = dense<\[\[(-?\d+), -?\d+\], \[(-?\d+), -?\d+\]\]> : tensor<2x2xi64>,
\s*precision_config = [^\n]*,
\s*rhs_dilation = array<i64: (\d+), (\d+)>,
\s*window_reversal = array<i1: false, false>,
\s*window_strides = array<i64: (\d+), (\d+)>
\s*\} : (\(tensor<([\dx]+)x(b?f\d\d)>, tensor<([\dx]+)xb?f\d\d>\) -> tensor<([\dx]+)xb?f\d\d>)`)

// directions are the axes of a convolution and of its gradients where channels come last.
var directions = map[string]C.int64_t{
	"[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]": C.compute_y,
	"[b, 0, 1, f]x[0, 1, o, i]->[b, 0, 1, f]": C.compute_x,
	"[f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f]": C.compute_w,
}

// types are those of inputs, output and gradients.
var types = map[string]C.int64_t{"f32": C.f32, "bf16": C.bf16}

// parse reads what convolutionText has matched.
func parse(m []string) (c C.struct_convolution, ok bool) {
	c.compute, ok = directions[m[2]]
	ones := [2]C.int64_t{1, 1}
	first, before, second, strides := pair(m[3:5]), pair(m[5:7]), pair(m[7:9]), pair(m[9:11])
	x, w, y := m[12], m[14], m[15]
	c._type = types[m[13]]
	switch c.compute {
	case C.compute_y:
		ok = ok && first == ones && second == ones
		c.strides = strides
	case C.compute_x:
		ok = ok && second == ones && strides == ones
		c.strides = first
		x, y = y, x
	case C.compute_w:
		ok = ok && first == ones && strides == ones
		c.strides = second
		w, y = y, w
	}
	xs, ws, ys := ints(strings.Split(x, "x")), ints(strings.Split(w, "x")), ints(strings.Split(y, "x"))
	if !ok || c._type == 0 || len(xs) != 4 || xs[0] == 0 {
		return c, false
	}
	c.n, c.x, c.w, c.y = xs[0], [3]C.int64_t(xs[1:]), [2]C.int64_t(ws), [3]C.int64_t(ys[1:])
	for i, before := range before {
		c.pads[i] = before
		if c.compute == C.compute_x {
			c.pads[i] = c.w[i] - 1 - before
		}
	}
	threads, _ := strconv.Atoi(os.Getenv("PJRT_NPROC")) // those of XLA's pool
	c.parts = max(1, min(C.int64_t(threads), c.n/4))
	return c, true
}

func pair(numbers []string) [2]C.int64_t { return [2]C.int64_t(ints(numbers)) }

func ints(numbers []string) (list []C.int64_t) {
	for _, n := range numbers {
		v, _ := strconv.ParseInt(n, 10, 64) // one too large is refused as a size
		list = append(list, C.int64_t(v))
	}
	return list
}
