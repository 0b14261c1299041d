// Package picture brings your own pictures of digits into MNIST's form.
//
//	mine, err := picture.Read("my-digits")
//
// It is not part of package data, so that the engine program does not link the
// decoders of pictures.
package picture

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // as above
	"io"
	"io/fs"
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
// pixels are white. Each is cropped, scaled into 20×20 and centred by its mass in 28×28: uint8,
// ink up to 255. The names of sub-folders are the classes and give the labels; names from 0 to 9
// are those digits. A file that is no picture, or that shows nothing, is an error.
func Read(paths ...string) (*data.Set, error) {
	s, err := pictures(paths)
	if err != nil {
		return nil, fmt.Errorf("kit.Pictures: %w", err)
	}
	return s, nil
}

// pictureFile is a picture, and the class that its folder names; "" without.
type pictureFile struct{ path, class string }

func pictures(paths []string) (*data.Set, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file or folder given; name at least one")
	}
	var files []pictureFile
	for _, path := range paths {
		found, err := findPictures(path)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	s := &data.Set{Name: "pictures", Inputs: data.Array{Shape: []int{digitSide, digitSide, 1}}}
	if len(paths) == 1 {
		s.Name = filepath.Base(paths[0])
	}
	if err := labelByFolder(s, files); err != nil {
		return nil, err
	}
	for _, file := range files {
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

// findPictures lists the pictures at a path: the file itself, or those in the folder, or those
// in its sub-folders, by name.
func findPictures(path string) ([]pictureFile, error) {
	path = files.Home(path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file or folder %s; check the path", path)
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []pictureFile{{path: path}}, nil
	}
	loose, folders, err := picturesIn(path, "")
	if err != nil {
		return nil, err
	}
	var sorted []pictureFile
	for _, class := range folders {
		files, _, err := picturesIn(filepath.Join(path, class), class)
		if err != nil {
			return nil, err
		}
		sorted = append(sorted, files...)
	}
	switch {
	case len(loose) == 0 && len(sorted) == 0:
		return nil, fmt.Errorf("the folder %s holds no .png, .jpg or .jpeg file; put pictures into it, or into sub-folders named after their classes", path)
	case len(loose) > 0 && len(sorted) > 0:
		return nil, fmt.Errorf("the folder %s holds pictures beside sub-folders of pictures; put them all into sub-folders named after their classes, or none", path)
	}
	return append(loose, sorted...), nil
}

// Extensions of pictures. Passing over those that cannot be read would lose a digit in silence.
var (
	readable   = []string{".png", ".jpg", ".jpeg"}
	unreadable = []string{".heic", ".heif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".svg"}
)

// picturesIn lists the pictures that lie in the folder of a class, and its sub-folders, by name.
func picturesIn(folder, class string) (files []pictureFile, folders []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		path, extension := filepath.Join(folder, e.Name()), strings.ToLower(filepath.Ext(e.Name()))
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			folders = append(folders, e.Name())
		case slices.Contains(unreadable, extension):
			return nil, nil, fmt.Errorf("%s is not a PNG or JPEG picture; save it as one", path)
		case slices.Contains(readable, extension):
			files = append(files, pictureFile{path, class})
		}
	}
	return files, folders, err
}

// digits are the classes of MNIST.
var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

// labelByFolder gives s the classes and labels that the files' folders name, if they do.
func labelByFolder(s *data.Set, files []pictureFile) error {
	if !slices.ContainsFunc(files, func(f pictureFile) bool { return f.class != "" }) {
		return nil
	}
	onlyDigits := true
	for _, f := range files {
		if f.class == "" {
			return fmt.Errorf("%s has no class but others have; put it into a folder named after its class", f.path)
		}
		s.Classes = append(s.Classes, f.class)
		onlyDigits = onlyDigits && slices.Contains(digits, f.class)
	}
	slices.SortFunc(s.Classes, byNumber)
	s.Classes = slices.Compact(s.Classes)
	if onlyDigits { // a folder of threes and sevens: the model's classes are still 0 to 9
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

// maxPixels bounds what a picture may ask of the memory.
const maxPixels = 100 << 20

// Decode reads one PNG or JPEG file as it is; it turns photos upright.
//
//	img, err := picture.Decode("seven.png")
func Decode(path string) (image.Image, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fromStart := func() io.Reader { return io.NewSectionReader(file, 0, math.MaxInt64) }
	c, _, err := image.DecodeConfig(fromStart())
	if err != nil {
		return nil, fmt.Errorf("%s is not a PNG or JPEG picture (%w); save it as one", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("%s is %d×%d pixels large; give one with at least 1 and at most 100 million", path, c.Width, c.Height)
	}
	img, _, err := image.Decode(fromStart())
	if err != nil {
		return nil, fmt.Errorf("%s is damaged or cut short (%w); save it again", path, err)
	}
	return upright(img, orientationOf(fromStart())), nil
}
