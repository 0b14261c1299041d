// Package events writes event files, which TensorBoard reads.
//
//	f, err := events.Open("runs/mnist/mlp/events/train", 3) // goes on behind step 3
//	f.Scalar(4, "epoch_loss", 0.25)
//	f.Close()
//
// The format is TensorFlow's: records with a masked checksum, each a protocol
// buffer of the message Event (tensorflow/core/util/event.proto).
package events

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// File is an event file open for writing. The first error is kept for Close.
type File struct {
	file *os.File
	err  error
	last int64
}

// Open opens the event file of a folder, or makes both. Events behind step
// upTo, and a record that was cut short, are cut off.
func Open(dir string, upTo int) (*File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	old, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil {
		return nil, err
	}
	if len(old) == 0 {
		name := fmt.Sprintf("events.out.tfevents.%010d.mnistkit", time.Now().Unix())
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f := &File{file: file}
		f.write(protowire.AppendString(protowire.AppendTag(head(0), 3, protowire.BytesType), "brain.Event:2"))
		return f, f.err
	}
	path := slices.Max(old)
	contents, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	end, last := within(contents, int64(upTo))
	file, err := os.OpenFile(path, os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	if err = file.Truncate(int64(end)); err == nil {
		_, err = file.Seek(int64(end), 0)
	}
	if err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	return &File{file: file, last: last}, nil
}

// Last is the step of the last event.
func (f *File) Last() int { return int(f.last) }

// Close ends the file and tells the first error of all writes.
func (f *File) Close() error {
	err := f.file.Close()
	if f.err != nil {
		return f.err
	}
	return err
}

// Scalar writes one number of a step.
func (f *File) Scalar(step int, tag string, value float64) {
	v := protowire.AppendTag(nil, 2, protowire.Fixed32Type) // simple_value
	f.value(step, tag, protowire.AppendFixed32(v, math.Float32bits(float32(value))))
}

// buckets of a histogram; TensorBoard draws thirty.
const buckets = 30

// Histogram writes how values are distributed.
func (f *File) Histogram(step int, tag string, values []float32) {
	if len(values) == 0 {
		return
	}
	low, high := float64(slices.Min(values)), float64(slices.Max(values))
	if math.IsNaN(low) || math.IsInf(low, 0) || math.IsInf(high, 0) { // diverged
		return
	}
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
		h = double(h, protowire.Number(i+1), v)
	}
	for i, n := range counts {
		limits = protowire.AppendFixed64(limits, math.Float64bits(low+width*float64(i+1)))
		numbers = protowire.AppendFixed64(numbers, math.Float64bits(n))
	}
	h = message(message(h, 6, limits), 7, numbers)
	f.value(step, tag, message(nil, 5, h))
}

// Text writes a text in Markdown.
func (f *File) Text(step int, tag, text string) {
	const dtString = 7
	size := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), dtString)
	tensor = message(tensor, 2, message(nil, 2, size))
	tensor = message(tensor, 8, []byte(text))
	plugin := message(nil, 1, []byte("text"))
	f.value(step, tag, message(message(nil, 8, tensor), 9, message(nil, 1, plugin)))
}

// value writes an event of one summary value.
func (f *File) value(step int, tag string, what []byte) {
	v := append(message(nil, 1, []byte(tag)), what...)
	f.write(message(head(step), 5, message(nil, 1, v)))
	f.last = max(f.last, int64(step))
}

// head is the start of an event: time and step.
func head(step int) []byte {
	b := double(nil, 1, float64(time.Now().UnixMicro())/1e6)
	return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(step))
}

func double(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func message(b []byte, field protowire.Number, inner []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), inner)
}

// write adds a record: length, checksum, event, checksum.
func (f *File) write(event []byte) {
	if f.err == nil {
		_, f.err = f.file.Write(record(event))
	}
}

func record(event []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, event...)
	return binary.LittleEndian.AppendUint32(b, masked(event))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is TensorFlow's checksum.
func masked(b []byte) uint32 {
	sum := crc32.Checksum(b, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// within is the end of the whole records up to a step, and the last step
// among them.
func within(contents []byte, upTo int64) (end int, last int64) {
	for {
		event, size := next(contents[end:])
		step := stepOf(event)
		if size == 0 || step > upTo {
			return end, last
		}
		end, last = end+size, max(last, step)
	}
}

// next is the event of the first record and the record's size; 0 if it is not
// whole.
func next(b []byte) (event []byte, size int) {
	if len(b) < 16 || binary.LittleEndian.Uint32(b[8:]) != masked(b[:8]) {
		return nil, 0
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(b)-16) {
		return nil, 0
	}
	event = b[12 : 12+n]
	if binary.LittleEndian.Uint32(b[12+n:]) != masked(event) {
		return nil, 0
	}
	return event, int(n) + 16
}

// stepOf reads an event's step; 0 where it has none.
func stepOf(event []byte) int64 {
	for len(event) > 0 {
		number, kind, n := protowire.ConsumeTag(event)
		if n < 0 {
			return 0
		}
		event = event[n:]
		if number == 2 && kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(event)
			return int64(v)
		}
		if n = protowire.ConsumeFieldValue(number, kind, event); n < 0 {
			return 0
		}
		event = event[n:]
	}
	return 0
}
