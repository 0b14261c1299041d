package picture

import (
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/draw"
)

// exifOf is Exif data that say how the camera was held.
func exifOf(order binary.AppendByteOrder, orientation uint16) []byte {
	exif := []byte("MM\x00\x2a")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		exif = []byte("II\x2a\x00")
	}
	exif = order.AppendUint16(order.AppendUint32(exif, 8), 2)
	for _, entry := range [][2]uint16{{0x0100, 640}, {0x0112, orientation}} { // a width, and what is looked for
		exif = order.AppendUint32(order.AppendUint16(order.AppendUint16(exif, entry[0]), 3), 1)
		exif = order.AppendUint16(order.AppendUint16(exif, entry[1]), 0)
	}
	return exif
}

// oriented is a JPEG file with an Exif segment before all others.
func oriented(jpeg, exif []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+8))
	return slices.Concat(head, []byte("Exif\x00\x00"), exif, jpeg[2:])
}

// orientedPNG is a PNG file with Exif data after its head, or before its end.
func orientedPNG(png []byte, exif []byte, atEnd bool) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)))
	chunk = append(append(chunk, "eXIf"...), exif...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	at := 8 + 25 // the signature and IHDR
	if atEnd {
		at = len(png) - 12
	}
	return slices.Concat(png[:at], chunk, png[at:])
}

// TestOrientation: a photo is read as the camera was held, not as it lies in the file. A mark in
// the file's top left corner of 64×32 comes to where Exif says.
func TestOrientation(t *testing.T) {
	marked := image.NewGray(image.Rect(0, 0, 64, 32))
	draw.Draw(marked, marked.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(marked, image.Rect(0, 0, 24, 8), image.Black, image.Point{}, draw.Src)
	read := func(name string) (string, []byte) {
		path := save(t, filepath.Join(t.TempDir(), name), marked)
		contents, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, contents
	}
	path, jpeg := read("a.jpg")
	pngPath, png := read("a.png")
	for orientation, want := range map[uint16]image.Rectangle{ // where the mark is then
		0: image.Rect(0, 0, 24, 8), // not a value of Exif's
		1: image.Rect(0, 0, 24, 8), 2: image.Rect(40, 0, 64, 8), 3: image.Rect(40, 24, 64, 32), 4: image.Rect(0, 24, 24, 32),
		5: image.Rect(0, 0, 8, 24), 6: image.Rect(24, 0, 32, 24), 7: image.Rect(24, 40, 32, 64), 8: image.Rect(0, 40, 8, 64),
	} {
		for name, write := range map[string]func(exif []byte) string{
			"JPEG":            func(exif []byte) string { putRaw(t, path, oriented(jpeg, exif)); return path },
			"PNG":             func(exif []byte) string { putRaw(t, pngPath, orientedPNG(png, exif, false)); return pngPath },
			"PNG, at its end": func(exif []byte) string { putRaw(t, pngPath, orientedPNG(png, exif, true)); return pngPath },
		} {
			for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
				img, err := Decode(write(exifOf(order, orientation)))
				if err != nil {
					t.Fatal(name, err)
				}
				var got image.Rectangle
				for y := range img.Bounds().Dy() {
					for x := range img.Bounds().Dx() {
						if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 128 {
							got = got.Union(image.Rect(x, y, x+1, y+1))
						}
					}
				}
				if got != want || img.Bounds().Dx() != map[bool]int{false: 64, true: 32}[orientation >= 5] {
					t.Errorf("%s, %v, orientation %d: the mark is at %v of %v, want %v", name, order, orientation, got, img.Bounds(), want)
				}
			}
		}
	}
}

// FuzzOrientation: whatever lies before the pixels is no trap.
func FuzzOrientation(f *testing.F) {
	whole := oriented([]byte{0xff, 0xd8, 0xff, 0xda}, exifOf(binary.LittleEndian, 6))
	f.Add(whole)
	f.Add(whole[:20])
	f.Add([]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x02eXIfMM"))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 0})
	f.Fuzz(func(t *testing.T, contents []byte) {
		if got := orientationOf(contents); got < 1 || got > 8 {
			t.Errorf("orientation %d", got)
		}
	})
}
