package files

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// OpenUnpacked is Open for what may be in a .gz file, which is unpacked then, up to what Unpacked allows.
//
//	houses, err := files.OpenUnpacked("houses.csv.gz")
func OpenUnpacked(path string) (io.ReadCloser, error) {
	file, err := Open(path)
	if err != nil || !strings.HasSuffix(path, ".gz") && !strings.HasSuffix(path, ".tgz") {
		return file, err
	}
	unpacked, err := gzip.NewReader(file)
	info, noInfo := file.Stat()
	if err = cmp.Or(err, noInfo); err != nil {
		return nil, fmt.Errorf("%s: this is not a gzip file (%w); make it anew", path, cmp.Or(err, file.Close()))
	}
	most, more := Unpacked(info.Size())
	return struct {
		io.Reader
		io.Closer
	}{&Bounded{R: unpacked, Left: most, Err: more}, file}, nil
}

// Unpacked is how many bytes data of a packed size may have, 64 MB and 100 times that, and the error of those that
// have more. Real data stay below it; what was made to fill a memory does not.
func Unpacked(packed int64) (most int64, more error) {
	most = 64<<20 + 100*packed
	return most, fmt.Errorf("its %d bytes unpack to more than %d, far more than data do; if it is yours, keep it unpacked", packed, most)
}

// Bounded reads from R, and fails with Err soon after Left bytes, so that nothing fills the memory.
type Bounded struct {
	R    io.Reader
	Left int64
	Err  error
}

// Read reads from R.
func (b *Bounded) Read(p []byte) (int, error) {
	n, err := b.R.Read(p)
	if b.Left -= int64(n); b.Left < 0 {
		err = b.Err
	}
	return n, err
}
