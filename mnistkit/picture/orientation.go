package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/draw"
)

// orientationOf reads how a camera was held from a JPEG file's Exif data: from 1, upright, to 8;
// 1 for all other files.
func orientationOf(r io.Reader) int {
	b := bufio.NewReader(r)
	var start [2]byte
	if _, err := io.ReadFull(b, start[:]); err != nil || start != [2]byte{0xff, 0xd8} {
		return 1
	}
	for {
		var head [4]byte // of a segment: its marker and its length, two bytes of which are the length
		if _, err := io.ReadFull(b, head[:]); err != nil || head[0] != 0xff || head[1] == 0xda {
			return 1 // the pixels follow
		}
		size := max(0, int(binary.BigEndian.Uint16(head[2:]))-2)
		segment := make([]byte, size)
		if _, err := io.ReadFull(b, segment); err != nil {
			return 1
		}
		if exif, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && head[1] == 0xe1 {
			return orientationIn(exif)
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
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	from := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(from, from.Bounds(), img, b.Min, draw.Src)
	to := image.NewRGBA(from.Bounds())
	if orientation >= 5 { // lying on its side
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			p := [...]image.Point{
				{w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y},
				{y, x}, {y, h - 1 - x}, {w - 1 - y, h - 1 - x}, {w - 1 - y, x},
			}[orientation-2]
			copy(to.Pix[to.PixOffset(x, y):][:4], from.Pix[from.PixOffset(p.X, p.Y):])
		}
	}
	return to
}
