package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/draw"

	"gonblabs/mnistkit/data"
)

// sheetOf draws example i of the set upscaled on a sheet of 200 by 300 pixels, away from its
// middle; ink may be black on white or the reverse, strong or weak.
func sheetOf(s *data.Set, i int, ink, paper uint8, at image.Rectangle) image.Image {
	digit := image.NewGray(image.Rect(0, 0, digitSide, digitSide))
	copy(digit.Pix, s.Inputs.U8[i*s.Inputs.Size():])
	for k, v := range digit.Pix {
		digit.Pix[k] = uint8((int(v)*int(ink) + (255-int(v))*int(paper)) / 255)
	}
	sheet := image.NewGray(image.Rect(0, 0, 200, 300))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.Gray{Y: paper}), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(sheet, at, digit, digit.Bounds(), draw.Src, nil)
	return sheet
}

func save(t *testing.T, path string, img image.Image) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if filepath.Ext(path) == ".png" {
		err = png.Encode(file, img)
	} else {
		err = jpeg.Encode(file, img, &jpeg.Options{Quality: 85})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// difference is the mean absolute difference of two images' pixels.
func difference(a, b []uint8) float64 {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(a))
}

func TestReadRoundTrip(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	test := must(data.MNIST().Test())(t)
	dir := t.TempDir()
	const every = 25
	moved, own, n := 0, 0, 0
	for i := 0; i < test.Len(); i += every {
		at := image.Rect(15, 90, 15+168, 90+168)
		dark := must(Read(save(t, filepath.Join(dir, "dark.jpg"), sheetOf(test, i, 20, 240, at))))(t)
		light := must(Read(save(t, filepath.Join(dir, "light.jpeg"), sheetOf(test, i, 240, 20, at))))(t)
		if err := dark.Check(); err != nil || dark.Labelled() || dark.Len() != 1 {
			t.Fatalf("%d examples, labelled %v, %v", dark.Len(), dark.Labelled(), err)
		}
		elsewhere := must(Read(save(t, filepath.Join(dir, "moved.png"), sheetOf(test, i, 20, 240, at.Sub(image.Pt(10, 60))))))(t)
		for _, other := range []*data.Set{light, elsewhere} {
			if difference(dark.Inputs.U8, other.Inputs.U8) > 3 { // the centre of mass was close to a pixel's edge
				moved++
			}
		}
		if closest(test, every, dark.Inputs.U8) == i {
			own++
		}
		n++
	}
	if moved > n/8 {
		t.Errorf("%d of %d digits depend on polarity, compression or place", moved, 2*n)
	}
	if own < n-1 {
		t.Errorf("%d of %d digits are closest to what they were drawn from", own, n)
	}
}

// closest is the example, of every so many, with the smallest difference.
func closest(s *data.Set, every int, pixels []uint8) int {
	best, at := 256.0, -1
	for i := 0; i < s.Len(); i += every {
		if d := difference(pixels, s.Inputs.U8[i*784:(i+1)*784]); d < best {
			best, at = d, i
		}
	}
	return at
}

func TestReadOfFolders(t *testing.T) {
	t.Setenv("MNISTKIT_DATA", "bundled")
	s := must(data.MNIST().Test())(t)
	at := image.Rect(15, 90, 183, 258)
	put := func(dir string, names ...string) string {
		for i, name := range names {
			save(t, filepath.Join(dir, name), sheetOf(s, i, 0, 255, at))
		}
		putRaw(t, filepath.Join(dir, "notes.txt"), []byte("not a picture, and passed over"))
		return dir
	}
	for name, test := range map[string]struct {
		dir     string
		labels  []int32
		classes []string
		n       int
	}{
		"loose":         {put(t.TempDir(), "a.png", "b.JPG", "c.jfif", ".hidden.png"), nil, nil, 3},
		"some digits":   {put(t.TempDir(), "3/a.png", "7/a.png", "7/b.png"), []int32{3, 7, 7}, digits, 3},
		"names":         {put(t.TempDir(), "dog/a.png", "cat/a.png"), []int32{0, 1}, []string{"cat", "dog"}, 2},
		"large numbers": {put(t.TempDir(), "9/a.png", "10/a.png"), []int32{1, 0}, []string{"9", "10"}, 2},
	} {
		got, err := Read(test.dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff([]any{test.labels, test.classes}, []any{got.Labels.I32, got.Classes}); diff != "" || got.Len() != test.n || got.Check() != nil {
			t.Errorf("%s: %d examples, %v\n%s", name, got.Len(), got.Check(), diff)
		}
		if !strings.Contains(got.Notice, ": passed over notes.txt (1 in all); a picture is a .png") {
			t.Errorf("%s: the notice is %q", name, got.Notice)
		}
	}
}

// drawn is a picture that is read: a bar.
func drawn() image.Image {
	bar := image.NewGray(image.Rect(0, 0, 30, 30))
	draw.Draw(bar, image.Rect(10, 5, 20, 25), image.White, image.Point{}, draw.Src)
	return bar
}

// TestNothingInSilence: a notice counts and names what is passed over, and a link is what it leads to.
func TestNothingInSilence(t *testing.T) {
	elsewhere := t.TempDir()
	picture := save(t, filepath.Join(elsewhere, "3", "b.png"), drawn())
	dir := filepath.Join(t.TempDir(), "mine")
	save(t, filepath.Join(dir, "3", "a.png"), drawn())
	save(t, filepath.Join(dir, "3", "more", "lost.png"), drawn())
	for name, contents := range map[string]string{"3/notes.txt": "", "3/scan": "", "3/Thumbs.db": "", ".DS_Store": "", "5/.DS_Store": ""} {
		putRaw(t, filepath.Join(dir, name), []byte(contents))
	}
	want := "mine: passed over 3/Thumbs.db, 3/more (a folder in a class), 3/notes.txt, 3/scan, 5 (without pictures) (5 in all); a picture is a "
	if s := must(Read(dir))(t); s.Len() != 1 || !strings.HasPrefix(s.Notice, want) {
		t.Errorf("%d pictures, %q", s.Len(), s.Notice)
	}
	if s := must(Read(picture))(t); s.Notice != "" {
		t.Errorf("nothing was passed over, but %q", s.Notice)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for link, to := range map[string]string{"7": filepath.Join(elsewhere, "3"), "3/link.png": picture, "3/pipe": "none", "5/around": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if s := must(Read(dir))(t); s.Len() != 3 || s.Label(2) != "7" || !strings.Contains(s.Notice, "3/pipe") || !strings.Contains(s.Notice, "(7 in all)") {
		t.Errorf("with links: %d pictures, %q", s.Len(), s.Notice)
	}
	for link, want := range map[string]string{
		"/dev/zero": "is a device, not a file", "round.png": "too many levels of symbolic links", "gone": "no such file", picture + "/..": "not a directory",
	} {
		path := filepath.Join(dir, "3", "round.png")
		if err := os.Symlink(link, path); err != nil {
			t.Fatal(err)
		}
		_, err := Read(dir)
		wantError(t, err, want)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	blank := image.NewGray(image.Rect(0, 0, 30, 30))
	clear := image.NewNRGBA(image.Rect(0, 0, 30, 30))
	photo := save(t, filepath.Join(dir, "mixed", "3", "a.png"), blank)
	save(t, filepath.Join(dir, "mixed", "b.png"), blank)
	specks := image.NewGray(image.Rect(0, 0, 600, 600))
	draw.Draw(specks, specks.Bounds(), image.White, image.Point{}, draw.Src)
	specks.SetGray(10, 10, color.Gray{})
	specks.SetGray(590, 590, color.Gray{})
	whole, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name, contents string) string {
		putRaw(t, filepath.Join(dir, name), []byte(contents))
		return filepath.Join(dir, name)
	}
	huge := append([]byte(nil), whole...)
	copy(huge[16:], []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})                                    // the sides in the header
	forged := slices.Concat(whole[:16], []byte{0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0}, whole[29:]) // 100 million pixels in 100 bytes
	forged = binary.BigEndian.AppendUint32(forged[:29], crc32.ChecksumIEEE(forged[12:29]))
	if err := os.MkdirAll(filepath.Join(dir, "none"), 0o777); err != nil {
		t.Fatal(err)
	}
	for want, paths := range map[string][]string{
		"no file or folder given":                            {},
		"missing.png: no such file or directory; check":      {filepath.Join(dir, "missing.png")},
		"holds no .png, .jpg, .jpeg or .jfif file":           {filepath.Join(dir, "none")},
		"b.png has no class but others have; put all into":   {filepath.Join(dir, "mixed")},
		"is not a PNG or JPEG picture":                       {at("text.png", "hello")},
		"is damaged or cut short":                            {at("half.png", string(whole[:len(whole)-20]))},
		"the picture is empty: its brightness goes from 0 t": {photo},
		"the picture is empty: its brightness goes from 255": {save(t, filepath.Join(dir, "clear.png"), clear)},
		"that are not PNG or JPEG: a.heic (1 in all); save":  {filepath.Dir(at("phone/a.heic", "unread"))},
		"that are not PNG or JPEG: 3/b.WebP (1 in all); sav": {filepath.Join(filepath.Dir(at("web/3/b.WebP", "unread")), "..")},
		"nothing but specks or hairlines in 581×581 pixels":  {save(t, filepath.Join(dir, "specks.png"), specks)},
		"has no class but others have":                       {filepath.Join(dir, "mixed", "3"), filepath.Dir(save(t, filepath.Join(dir, "x", "1", "a.png"), blank)) + "/.."},
		"is not a PNG or JPEG picture (png":                  {at("huge.png", string(huge))},
		"is 10000×10000 pixels large, in 33":                 {at("forged.png", string(forged))},
		`"" is not the path of a file; give one`:             {""},
	} {
		_, err := Read(paths...)
		wantError(t, err, want)
	}
}

// TestReadFromHome: ~ is the home folder, as in recipes.
func TestReadFromHome(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	save(t, filepath.Join(os.Getenv("HOME"), "mine", "a.png"), drawn())
	if s := must(Read("~/mine"))(t); s.Len() != 1 || s.Name != "mine" {
		t.Errorf("%d pictures in %q", s.Len(), s.Name)
	}
	if _, err := Decode("~/mine/a.png"); err != nil {
		t.Error(err)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func putRaw(t *testing.T, path string, contents []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o666); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

// FuzzDecode: whatever a file holds, it is a picture or one sentence, in little memory.
func FuzzDecode(f *testing.F) {
	for _, encode := range []func(io.Writer) error{
		func(w io.Writer) error { return png.Encode(w, drawn()) },
		func(w io.Writer) error { return jpeg.Encode(w, drawn(), nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()/2])
		f.Add(oriented(b.Bytes(), exifOf(binary.BigEndian, 6)))
	}
	f.Fuzz(func(t *testing.T, contents []byte) {
		img, err := decode("a", contents, maxPixels)
		if err == nil {
			_, err = digitOf(img)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is no sentence", err)
		}
	})
}
