package files

import (
	"fmt"
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// stat is what a change of the file changes, and the time of the last one.
func stat(path string) (state string, changed time.Time, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", changed, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", changed, err
	}
	var basic struct { // FILE_BASIC_INFO
		Created, Read, Written, Changed windows.Filetime
		Attributes, _                   uint32
	}
	err = windows.GetFileInformationByHandleEx(windows.Handle(f.Fd()), windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic)))
	if err != nil {
		return "", changed, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), time.Unix(0, basic.Changed.Nanoseconds()), nil
}
