// Package events writes event files, which TensorBoard reads.
//
//	f, err := events.Open("runs/mnist/mlp/events/train", 3) // continues after step 3
//	f.Scalar(4, "epoch_loss", 0.25)
//	f.Close()
//
// The format is TensorFlow's: records with a masked checksum, each a protocol
// buffer of the message Event (tensorflow/core/util/event.proto).
package events

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"gonblabs/mnistkit/files"
)

// File is an event file that is open for writing. Close writes all events at
// once, so a program that is killed leaves no incomplete step.
type File struct {
	file    *os.File
	pending []byte
	end     int64 // of what is there
	last    int64
}

// Open opens the event file of a folder, and makes both if they are missing. It
// cuts off the events after step upTo, and a step of which a record is
// incomplete. A file in which only step 0 remains starts anew.
func Open(dir string, upTo int) (*File, error) {
	if err := cmp.Or(files.Check(eventFile(dir)), os.MkdirAll(dir, 0o755)); err != nil { // nobody ends a named pipe
		return nil, err
	}
	file, err := os.OpenFile(eventFile(dir), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	contents, err := io.ReadAll(file)
	end, last := completeSteps(contents, int64(upTo))
	if err == nil {
		err = file.Truncate(int64(end))
	}
	if err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	f := &File{file: file, end: int64(end), last: last}
	if end == 0 {
		f.write(protowire.AppendString(protowire.AppendTag(eventHeader(0), 3, protowire.BytesType), "brain.Event:2"))
	}
	return f, nil
}

// eventFile is the event file of a folder, the last if there are several, or the
// path of a new one. The folder's own name may hold any characters.
func eventFile(dir string) string {
	const start = "events.out.tfevents."
	names, _ := fs.Glob(os.DirFS(dir), start+"*") // sorted
	if len(names) == 0 {
		names = []string{fmt.Sprintf("%s%010d.mnistkit", start, time.Now().Unix())}
	}
	return filepath.Join(dir, names[len(names)-1])
}

// Last is the step of the last event; 0 for a file that starts anew.
func (f *File) Last() int { return int(f.last) }

// Close writes the events and ends the file.
func (f *File) Close() error {
	_, err := f.file.WriteAt(f.pending, f.end)
	return errors.Join(err, f.file.Close())
}

// Scalar writes one number of a step.
func (f *File) Scalar(step int, tag string, value float64) {
	v := protowire.AppendTag(nil, 2, protowire.Fixed32Type) // simple_value
	f.summary(step, tag, protowire.AppendFixed32(v, math.Float32bits(float32(value))))
}

// Histogram writes how values are distributed.
func (f *File) Histogram(step int, tag string, values []float32) {
	if len(values) == 0 {
		return
	}
	low, high := float64(slices.Min(values)), float64(slices.Max(values))
	if math.IsNaN(low) || math.IsInf(low, 0) || math.IsInf(high, 0) { // diverged
		return
	}
	const buckets = 30 // which TensorBoard draws
	width := (high - low) / buckets
	if width == 0 {
		low, width = low-0.5, 1.0/buckets
	}
	var counts [buckets]float64
	var sum, squares float64
	for _, v := range values {
		x := float64(v)
		counts[min(buckets-1, int((x-low)/width))]++
		sum += x
		squares += x * x
	}
	var h, limits, numbers []byte
	for i, v := range []float64{low, high, float64(len(values)), sum, squares} {
		h = appendDouble(h, protowire.Number(i+1), v)
	}
	for i, n := range counts {
		limits = protowire.AppendFixed64(limits, math.Float64bits(low+width*float64(i+1)))
		numbers = protowire.AppendFixed64(numbers, math.Float64bits(n))
	}
	h = appendMessage(appendMessage(h, 6, limits), 7, numbers)
	f.summary(step, tag, appendMessage(nil, 5, h))
}

// Text writes a text in Markdown.
func (f *File) Text(step int, tag, text string) {
	const dtString = 7
	size := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), dtString)
	tensor = appendMessage(tensor, 2, appendMessage(nil, 2, size))
	tensor = appendMessage(tensor, 8, []byte(text))
	plugin := appendMessage(nil, 1, []byte("text"))
	f.summary(step, tag, appendMessage(appendMessage(nil, 8, tensor), 9, appendMessage(nil, 1, plugin)))
}

// summary writes an event of one summary value.
func (f *File) summary(step int, tag string, what []byte) {
	v := append(appendMessage(nil, 1, []byte(tag)), what...)
	f.write(appendMessage(eventHeader(step), 5, appendMessage(nil, 1, v)))
	f.last = max(f.last, int64(step))
}

// eventHeader is the start of an event: time and step.
func eventHeader(step int) []byte {
	b := appendDouble(nil, 1, float64(time.Now().UnixMicro())/1e6)
	return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(step))
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func appendMessage(b []byte, field protowire.Number, inner []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), inner)
}

// write adds a record: length, checksum, event, checksum.
func (f *File) write(event []byte) { f.pending = append(f.pending, record(event)...) }

func record(event []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	b = binary.LittleEndian.AppendUint32(b, maskedChecksum(b))
	b = append(b, event...)
	return binary.LittleEndian.AppendUint32(b, maskedChecksum(event))
}

// maskedChecksum is TensorFlow's checksum.
func maskedChecksum(b []byte) uint32 {
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// completeSteps is the end of the complete steps up to one, and the last step among
// them; 0 where nothing after step 0 remains.
func completeSteps(contents []byte, upTo int64) (end int, last int64) {
	from, before := 0, int64(0) // where the last step begins, and the one before it
	for end < len(contents) {
		event, size := nextRecord(contents[end:])
		if size == 0 { // the rest of its step is lost
			end, last = from, before
			break
		}
		step := stepOf(event)
		if step > upTo {
			break
		}
		if step > last {
			from, before, last = end, last, step
		}
		end += size
	}
	if last == 0 {
		return 0, 0
	}
	return end, last
}

// nextRecord is the event of the first record and the record's size; 0 if it is not
// whole.
func nextRecord(b []byte) (event []byte, size int) {
	if len(b) < 16 || binary.LittleEndian.Uint32(b[8:]) != maskedChecksum(b[:8]) {
		return nil, 0
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(b)-16) {
		return nil, 0
	}
	event = b[12 : 12+n]
	if binary.LittleEndian.Uint32(b[12+n:]) != maskedChecksum(event) {
		return nil, 0
	}
	return event, int(n) + 16
}

// stepOf reads an event's step, which follows the time; 0 where it has none.
func stepOf(event []byte) int64 {
	const time, tag = 1 + 8, 2 << 3 // what the time takes with its own tag, and the tag of the step
	if len(event) <= time || event[time] != tag {
		return 0
	}
	step, _ := protowire.ConsumeVarint(event[time+1:])
	return int64(step)
}
