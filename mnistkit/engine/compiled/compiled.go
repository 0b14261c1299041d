//go:build linux && cgo

// Package compiled stands between go-xla and the plugin where a program is compiled.
//
// It keeps on disk what XLA compiled, so that the next cell need not compile the same
// model again. That saves a second for a small network, and three for a large one.
// XLA's plugins can turn what they compiled into bytes and back, but go-xla cannot ask
// them to. And it has oneDNN compute convolutions, which XLA does at half that speed.
//
// A plugin is a table of functions; this package replaces the one that compiles.
package compiled

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "pjrt.h"
import "C"

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"gonblabs/mnistkit/files"
)

var (
	mu      sync.Mutex
	table   *C.struct_pjrt_api
	current cache
)

// cache is where files are, and what besides the program decides what comes of
// it.
type cache struct {
	folder  string // "" keeps nothing
	machine []byte
}

// Keep makes what the plugin compiles from now on be kept in dir, and be taken
// from there. The plugin must be loaded.
//
//	err := compiled.Keep("/opt/pjrt_c_api_cpu_plugin.so", dir)
//
// What was kept is found again by the same program, plugin, processors and XLA
// flags only. Of more than 400 files the oldest are deleted. The folder is made
// where it is missing; since what it holds is run, nobody else may write there.
// No folder, "", keeps nothing from now on.
func Keep(plugin, dir string) error {
	mu.Lock()
	defer mu.Unlock()
	if dir == "" {
		current = cache{}
		return nil
	}
	known, err := identity(plugin)
	processor, errRead := os.ReadFile("/proc/cpuinfo")
	if err = cmp.Or(err, errRead); err == nil {
		err = privateDir(dir)
	}
	if err == nil {
		err = hook(plugin)
	}
	if err != nil {
		return err
	}
	current = cache{dir, fmt.Appendf(nil, "%x %s %s %s", known, os.Getenv("PJRT_NPROC"), os.Getenv("XLA_FLAGS"), processorFeatures(processor))}
	return nil
}

// hook replaces the plugin's function that compiles, once.
func hook(plugin string) error {
	path := C.CString(plugin)
	defer C.free(unsafe.Pointer(path))
	api := C.pjrt_find(path)
	if api == nil {
		return fmt.Errorf("%s is not loaded, or has no functions to keep what it compiled", plugin)
	}
	if table != nil && table != api {
		return fmt.Errorf("what another plugin than %s compiles is kept already", plugin)
	}
	if table == nil && C.pjrt_replace_compile(api) == 0 {
		return fmt.Errorf("%s does not let its functions be replaced", plugin)
	}
	table = api
	return nil
}

// identity is the sha256 of a plugin's size, its first megabyte and its last: a linker writes there the hash of what it links,
// and the tables of all functions. The whole would take a fifth of a second in each cell.
func identity(plugin string) ([]byte, error) {
	const part = 1 << 20
	file, err := os.Open(plugin)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintln(h, info.Size())
	for _, at := range []int64{0, max(0, info.Size()-part)} {
		if _, err := io.Copy(h, io.NewSectionReader(file, at, part)); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

// privateDir makes dir, and reports one that others may write to.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Getuid() || info.Mode()&0o022 != 0 {
		return fmt.Errorf("others may write to %s; choose a folder of your own with MNISTKIT_COMPILED", dir)
	}
	return nil
}

// processorFeatures are the lines of the first processor on what it can do: code
// that was compiled for more would end the program.
func processorFeatures(cpuinfo []byte) []byte {
	first, _, _ := bytes.Cut(cpuinfo, []byte("\n\n"))
	return bytes.Join(featureLines.FindAll(first, -1), nil)
}

var featureLines = regexp.MustCompile(`(?m)^(vendor_id|cpu family|model|flags|Features).*\n?`)

//export keptCompile
func keptCompile(args *C.struct_pjrt_compile) unsafe.Pointer {
	if args.size != C.sizeof_struct_pjrt_compile { // a newer caller may say more than is looked at here
		return C.pjrt_compile(args)
	}
	program := (*C.struct_pjrt_program)(unsafe.Pointer(args.program))
	if text, ok := rewrite(C.GoStringN(program.code, C.int(program.code_size))); ok {
		own := *program
		program.code, program.code_size = C.CString(text), C.size_t(len(text))
		err := compile(args)
		C.free(unsafe.Pointer(program.code))
		*program = own
		if err == nil {
			return nil
		}
		C.pjrt_done(table, err)
		if err = compile(args); err == nil {
			refuse() // it was because of the calls
		}
		return err
	}
	return compile(args)
}

// compile takes a program from the disk, or has it compiled and keeps it.
func compile(args *C.struct_pjrt_compile) unsafe.Pointer {
	mu.Lock()
	s, api := current, table
	mu.Unlock()
	if s.folder == "" {
		return C.pjrt_compile(args)
	}
	name := s.file(args)
	if contents := read(name); contents != nil {
		if C.pjrt_load(api, args, unsafe.Pointer(unsafe.SliceData(contents)), C.size_t(len(contents))) != 0 {
			return nil
		}
		_ = os.Remove(name) // it is compiled and written anew
	}
	if err := C.pjrt_compile(args); err != nil {
		return err
	}
	var out C.struct_pjrt_serialize
	if C.pjrt_serialize(api, args.executable, &out) != 0 {
		_ = write(name, unsafe.Slice((*byte)(unsafe.Pointer(out.bytes)), out.bytes_size)) // it is compiled again the next time
		C.pjrt_end(&out)
	}
	return nil
}

// file is the file for a program.
func (s cache) file(args *C.struct_pjrt_compile) string {
	h := sha256.New()
	for _, part := range [][]byte{
		s.machine,
		unsafe.Slice((*byte)(unsafe.Pointer(args.options)), args.options_size),
		unsafe.Slice((*byte)(unsafe.Pointer(args.program.format)), args.program.format_size),
		unsafe.Slice((*byte)(unsafe.Pointer(args.program.code)), args.program.code_size),
	} {
		_ = binary.Write(h, binary.LittleEndian, int64(len(part))) // a hash takes all
		h.Write(part)
	}
	return filepath.Join(s.folder, hex.EncodeToString(h.Sum(nil)))
}

// read gives what write wrote; nil if that is not there or damaged.
func read(name string) []byte {
	all, err := os.ReadFile(name)
	if err != nil || len(all) <= sha256.Size {
		return nil
	}
	contents := all[sha256.Size:]
	if sum := sha256.Sum256(contents); !bytes.Equal(sum[:], all[:sha256.Size]) {
		return nil
	}
	used := time.Now()
	_ = os.Chtimes(name, used, used) // else it is among the oldest
	return contents
}

// write writes contents after their sum, in whole or not at all.
func write(name string, contents []byte) error {
	sum := sha256.Sum256(contents)
	err := files.Write(name, append(sum[:], contents...))
	if err == nil {
		prune(filepath.Dir(name))
	}
	return err
}

// maxFiles is how many files are kept: about 100 MB, of labs' models.
const maxFiles = 400

// keptName matches the names of what write writes.
var keptName = regexp.MustCompile(`^([0-9a-f]{64}|\.new-[0-9]+)$`)

// prune deletes the files that were not used for longest.
func prune(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) <= maxFiles {
		return
	}
	var kept []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && keptName.MatchString(e.Name()) {
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range kept[:max(0, len(kept)-maxFiles)] {
		_ = os.Remove(filepath.Join(folder, f.Name())) // the next one tries again
	}
}
