package data

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// imageFile is a file of images that was checked before and has not changed
// since, so that a part of it can be read alone.
type imageFile struct {
	*os.File
	sides []int // [60000 28 28]
	start int   // of the first image
}

// imageFile opens one half's images; nil is a file that must be read whole: it
// is packed, or was not checked, or is not what it should be.
func (p place) imageFile(half int) *imageFile {
	path := p.paths[half]
	sha, _, err := recall(path)
	if err != nil || sha == "" || p.kind == "full" && sha != known[p.dataset].files[half].SHA256 {
		return nil
	}
	if packed(path) {
		path = cachedCopy(sha)
		if copied, _, err := recall(path); err != nil || copied != sha {
			return nil
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	header := make([]byte, 4+4*4) // up to four sides
	n, _ := file.ReadAt(header, 0)
	info, err := file.Stat()
	var sides []int
	if err == nil {
		sides, err = idxSides(header[:n], info.Size())
	}
	if err != nil || header[2] != idxUint8 || len(sides) < 3 {
		_ = file.Close() // whoever reads it whole says what is wrong
		return nil
	}
	return &imageFile{file, sides, 4 + 4*len(sides)}
}

// take reads the images at the indices; ascending ones are read fastest. The
// processors share the work, most of which is the system's: making memory.
func (f *imageFile) take(indices []int32) (Array, error) {
	a := Array{Shape: f.sides[1:]}
	size := a.Size()
	a.U8 = make([]uint8, len(indices)*size)
	shares := runtime.GOMAXPROCS(0)
	errs := make([]error, shares)
	var group sync.WaitGroup
	for i := range shares {
		from, to := i*len(indices)/shares, (i+1)*len(indices)/shares
		group.Go(func() { errs[i] = f.gather(a.U8[from*size:to*size], size, indices[from:to]) })
	}
	group.Wait()
	return a, cmp.Or(errs...)
}

// gather reads blocks and copies what is asked for out of them.
func (f *imageFile) gather(out []byte, size int, indices []int32) error {
	block := make([]byte, max(1, 1<<18/size)*size)
	from, to := 0, 0 // the images in it
	for k, index := range indices {
		i := int(index)
		if i < from || i >= to {
			n, err := f.ReadAt(block, int64(f.start+i*size))
			if n < size {
				return fmt.Errorf("%s changed while it was read (%w); run the cell again", f.Name(), err)
			}
			from, to = i, i+n/size
		}
		copy(out[k*size:(k+1)*size], block[(i-from)*size:])
	}
	return nil
}
