package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// orientationOf reads how a camera was held from the Exif data of a JPEG or PNG file: from 1,
// upright, to 8; 1 for files without.
func orientationOf(r io.Reader) int {
	b := bufio.NewReader(r)
	start, _ := b.Peek(8) // a shorter file has none
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xd8")):
		_, _ = b.Discard(2)
		return orientationIn(jpegExif(b))
	case bytes.HasPrefix(start, []byte("\x89PNG\r\n\x1a\n")):
		_, _ = b.Discard(8)
		return orientationIn(pngExif(b))
	}
	return 1
}

// jpegExif is the Exif data in front of a JPEG file's pixels, nil if there are none.
func jpegExif(b *bufio.Reader) []byte {
	for {
		var head [4]byte // of a segment: its marker and its length, two bytes of which are the length
		if _, err := io.ReadFull(b, head[:]); err != nil || head[0] != 0xff || head[1] == 0xda {
			return nil // the pixels follow
		}
		segment := make([]byte, max(0, int(binary.BigEndian.Uint16(head[2:]))-2))
		if _, err := io.ReadFull(b, segment); err != nil {
			return nil
		}
		if exif, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && head[1] == 0xe1 {
			return exif
		}
	}
}

// pngExif is the Exif data of a PNG file, before or after its pixels, nil if there are none.
func pngExif(b *bufio.Reader) []byte {
	for {
		var head [8]byte // of a chunk: the length of its contents, and its name
		if _, err := io.ReadFull(b, head[:]); err != nil {
			return nil
		}
		size := int64(binary.BigEndian.Uint32(head[:]))
		if string(head[4:]) == "eXIf" && size < 1<<16 {
			exif := make([]byte, size)
			_, _ = io.ReadFull(b, exif) // a part is looked at too
			return exif
		}
		if _, err := io.CopyN(io.Discard, b, size+4); err != nil { // and the checksum
			return nil
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
