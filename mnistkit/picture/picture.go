// Package picture brings your own pictures of digits into MNIST's form.
//
//	mine, err := picture.Read("my-digits")
//
// It is not part of package data, so that the engine program does not link the
// decoders of pictures.
package picture

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // as above
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// Read makes a set of your own PNG and JPEG files, one digit each, in MNIST's form.
//
//	mine, err := picture.Read("my-digits")      // a folder
//	mine, err := picture.Read("a.png", "b.jpg") // or files
//
// Pictures have any size, are dark on light or light on dark, in colour or grey; transparent
// pixels are paper. Each is cropped, scaled into 20×20 and centred by its mass in 28×28: uint8,
// ink up to 255. The names of sub-folders are the classes and give the labels; names from 0 to 9
// are those digits. A picture that cannot be read, or that shows nothing, is an error. The set's
// Notice names what is passed over.
func Read(paths ...string) (*data.Set, error) {
	s, err := pictures(paths)
	if err != nil {
		return nil, fmt.Errorf("kit.Pictures: %w", err)
	}
	return s, nil
}

// From makes a set of pictures that a program has, one digit each, as Read does of files: each is an
// image.Image, or the bytes of a PNG or JPEG file of at most 16 million pixels, a []byte.
//
//	mine, err := picture.From(img)
func From(pictures ...any) (*data.Set, error) {
	var pixels []uint8
	for i, example := range pictures {
		img, ok := example.(image.Image)
		if contents, isFile := example.([]byte); isFile {
			var err error
			if img, err = decode(fmt.Sprint("picture ", i+1), contents, 16<<20); err != nil {
				return nil, err
			}
		} else if !ok {
			return nil, fmt.Errorf("example %d is of type %T among pictures; give examples of one kind", i+1, example)
		}
		if img.Bounds().Empty() {
			return nil, fmt.Errorf("picture %d is empty; give one of a digit", i+1)
		}
		digit, err := digitOf(img)
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i+1, err)
		}
		pixels = append(pixels, digit...)
	}
	return &data.Set{Name: "pictures", Inputs: data.Array{Shape: []int{digitSide, digitSide, 1}, U8: pixels}}, nil
}

// collection is what paths hold: pictures, and what is passed over.
type collection struct {
	files           []pictureFile
	foreign, passed []string // pictures in forms that are not read; what is none
}

// pictureFile is a picture, and the class that its folder names; "" without.
type pictureFile struct{ path, class string }

func pictures(paths []string) (*data.Set, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file or folder given; name at least one")
	}
	var all collection
	for _, path := range paths {
		if err := all.find(files.Home(path)); err != nil {
			return nil, err
		}
	}
	s := &data.Set{Name: "pictures", Inputs: data.Array{Shape: []int{digitSide, digitSide, 1}}}
	if len(paths) == 1 {
		s.Name = filepath.Base(files.Home(paths[0]))
	}
	if all.passed != nil {
		s.Notice = fmt.Sprintf("%s: passed over %s; a picture is a .png, .jpg, .jpeg or .jfif file in the folder, or in a sub-folder named after its class", s.Name, few(all.passed))
	}
	if err := labelByFolder(s, all.files); err != nil {
		return nil, err
	}
	for _, file := range all.files {
		img, err := Decode(file.path)
		if err != nil {
			return nil, err
		}
		pixels, err := digitOf(img)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.path, err)
		}
		s.Inputs.U8 = append(s.Inputs.U8, pixels...)
	}
	return s, nil
}

func few(names []string) string {
	return fmt.Sprintf("%s (%d in all)", strings.Join(names[:min(5, len(names))], ", "), len(names))
}

// find adds what is at a path: the file itself, or the pictures in the folder, or those in its
// sub-folders, by name.
func (c *collection) find(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		c.files = append(c.files, pictureFile{path: path}) // Decode says what is wrong with it
		return nil
	}
	before := len(c.files)
	switch err := c.add(path, ""); {
	case err != nil:
		return err
	case c.foreign != nil:
		return fmt.Errorf("the folder %s holds pictures that are not PNG or JPEG: %s; save each as one of the two", path, few(c.foreign))
	case len(c.files) == before:
		return fmt.Errorf("the folder %s holds no .png, .jpg, .jpeg or .jfif file; put pictures into it, or into sub-folders named after their classes", path)
	}
	return nil
}

// Extensions of pictures. Passing over those that cannot be read would lose a digit in silence.
var (
	readable   = []string{".png", ".jpg", ".jpeg", ".jfif"}
	unreadable = []string{".heic", ".heif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".svg"}
)

// add adds what the folder of a class holds; where none is named, its sub-folders are classes. A link is
// what it leads to.
func (c *collection) add(folder, class string) error {
	before := len(c.files)
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		name, path := filepath.Join(class, e.Name()), filepath.Join(folder, e.Name())
		extension := strings.ToLower(filepath.Ext(name))
		info, unknown := os.Stat(path)
		isFolder := unknown == nil && info.IsDir()
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case isFolder && class == "":
			err = cmp.Or(err, c.add(path, name))
		case isFolder:
			c.passed = append(c.passed, name+" (a folder in a class)")
		case slices.Contains(unreadable, extension):
			c.foreign = append(c.foreign, name)
		case slices.Contains(readable, extension):
			c.files = append(c.files, pictureFile{path, class})
		default:
			c.passed = append(c.passed, name)
		}
	}
	if class != "" && len(c.files) == before {
		c.passed = append(c.passed, class+" (without pictures)")
	}
	return files.Explain(folder, err)
}

// digits are the classes of MNIST.
var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

// labelByFolder gives s the classes and labels that the files' folders name, if they do.
func labelByFolder(s *data.Set, files []pictureFile) error {
	if !slices.ContainsFunc(files, func(f pictureFile) bool { return f.class != "" }) {
		return nil
	}
	for _, f := range files {
		if f.class == "" {
			return fmt.Errorf("%s has no class but others have; put all into sub-folders named after their classes, or none", f.path)
		}
		s.Classes = append(s.Classes, f.class)
	}
	slices.SortFunc(s.Classes, byNumber)
	s.Classes = slices.Compact(s.Classes)
	other := func(class string) bool { return !slices.Contains(digits, class) }
	if !slices.ContainsFunc(s.Classes, other) { // a folder of threes and sevens: the model's classes are still 0 to 9
		s.Classes = slices.Clone(digits)
	}
	s.Labels.Shape = []int{}
	for _, f := range files {
		s.Labels.I32 = append(s.Labels.I32, int32(slices.Index(s.Classes, f.class)))
	}
	return nil
}

// byNumber orders names that are numbers by their value, and before others.
func byNumber(a, b string) int {
	number := func(name string) int {
		n, err := strconv.Atoi(name)
		if err != nil {
			return math.MaxInt
		}
		return n
	}
	return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a, b))
}

// What a picture may ask of the memory: so many bytes, so many pixels, and no more pixels than its bytes hold:
// deflate packs 1032 to 1, at best of one bit for a pixel.
const (
	maxBytes      = 256 << 20
	maxPixels     = 100 << 20
	pixelsPerByte = 8 * 1032
)

// Decode reads one PNG or JPEG file as it is; it turns photos upright.
//
//	img, err := picture.Decode("seven.png")
func Decode(path string) (image.Image, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	contents, err := io.ReadAll(io.LimitReader(file, maxBytes))
	if err != nil {
		return nil, files.Explain(path, err)
	}
	return decode(path, contents, maxPixels)
}

// decode reads a picture of no more than most pixels.
func decode(path string, contents []byte, most int) (image.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(contents))
	if err != nil {
		return nil, fmt.Errorf("%s is not a PNG or JPEG picture (%w); save it as one", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > min(most, pixelsPerByte*len(contents))/c.Height {
		return nil, fmt.Errorf("%s is %d×%d pixels large, in %d bytes; give one with at least 1 and at most %d million, and all of its bytes",
			path, c.Width, c.Height, len(contents), most>>20)
	}
	img, _, err := image.Decode(bytes.NewReader(contents))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged or cut short (%w); save it again", path, err)
	}
	return upright(img, orientationOf(contents)), nil
}
