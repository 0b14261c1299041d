package picture

import (
	"bufio"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// orientationOf reads how a camera was held from the Exif data of a JPEG or PNG file: from 1,
// upright, to 8; 1 for files without.
func orientationOf(r io.Reader) int { return orientationIn(readExif(r)) }

// readExif gives the Exif data of a JPEG file, in front of its pixels, or of a PNG file, before or after
// them; nil if there are none.
func readExif(r io.Reader) []byte {
	b := bufio.NewReader(r)
	start, _ := b.Peek(8) // a shorter file has none
	isPNG := string(start) == "\x89PNG\r\n\x1a\n"
	size := 2
	if isPNG {
		size = 8
	}
	for {
		_, _ = b.Discard(size) // where the file ends before, nothing is seen after it
		head, _ := b.Peek(10)
		if len(head) < 10 {
			return nil
		}
		exif := 0 // where they begin
		switch {
		case isPNG: // a chunk: the length of its contents, its name, the contents, a checksum
			size = 8 + int(binary.BigEndian.Uint32(head)) + 4
			if string(head[4:8]) == "eXIf" {
				exif = 8
			}
		case head[0] != 0xff || head[1] == 0xda: // the pixels follow
			return nil
		default: // a segment: its marker, its length, two bytes of which are the length, and its contents
			size = 2 + int(binary.BigEndian.Uint16(head[2:]))
			if head[1] == 0xe1 && string(head[4:]) == "Exif\x00\x00" {
				exif = 10
			}
		}
		if exif > 0 {
			contents := make([]byte, min(size, 1<<16))
			n, _ := io.ReadFull(b, contents) // a part is looked at too
			return contents[min(exif, n):n]
		}
	}
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
