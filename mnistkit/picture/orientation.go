package picture

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// exifStarts are the marks of Exif data in a JPEG and in a PNG file, with the start of the data: the order of
// their bytes.
var exifStarts = []string{"Exif\x00\x00II*\x00", "Exif\x00\x00MM\x00*", "eXIfII*\x00", "eXIfMM\x00*"}

// orientationOf finds in a JPEG or PNG file how the camera was held: from 1, upright, to 8; 1 for files without.
func orientationOf(contents []byte) int {
	for _, start := range exifStarts {
		if at := bytes.Index(contents, []byte(start)); at >= 0 {
			return orientationIn(contents[at+len(start)-4:])
		}
	}
	return 1
}

// orientationIn reads the entry Orientation in the first directory of Exif's TIFF data.
func orientationIn(exif []byte) int {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 1
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if v := int(order.Uint16(entries[8:])); order.Uint16(entries) == 0x0112 && v >= 1 && v <= 8 {
			return v
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns and mirrors a picture as its orientation asks.
func upright(img image.Image, orientation int) image.Image {
	if orientation == 1 {
		return img
	}
	size := img.Bounds().Size()
	if orientation >= 5 { // lying on its side
		size.X, size.Y = size.Y, size.X
	}
	to := image.NewRGBA(image.Rectangle{Max: size})
	w, h := float64(size.X), float64(size.Y)
	turn := [...]f64.Aff3{
		{-1, 0, w, 0, 1, 0}, {-1, 0, w, 0, -1, h}, {1, 0, 0, 0, -1, h},
		{0, 1, 0, 1, 0, 0}, {0, -1, w, 1, 0, 0}, {0, -1, w, -1, 0, h}, {0, 1, 0, -1, 0, h},
	}[orientation-2]
	draw.NearestNeighbor.Transform(to, turn, img, img.Bounds(), draw.Src, nil)
	return to
}
