package data

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeIDX(t *testing.T) {
	tests := []struct {
		name     string
		contents string
		want     Array
		wantErr  string
	}{
		{name: "labels", contents: "\x00\x00\x08\x01\x00\x00\x00\x03\x07\x02\x01",
			want: Array{Shape: []int{}, U8: []uint8{7, 2, 1}}},
		{name: "images", contents: "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02\x01\x02\x03\x04",
			want: Array{Shape: []int{1, 2}, U8: []uint8{1, 2, 3, 4}}},
		{name: "int32", contents: "\x00\x00\x0c\x01\x00\x00\x00\x01\xff\xff\xff\xfe",
			want: Array{Shape: []int{}, I32: []int32{-2}}},
		{name: "float32", contents: "\x00\x00\x0d\x01\x00\x00\x00\x01\x3f\x80\x00\x00",
			want: Array{Shape: []int{}, F32: []float32{1}}},
		{name: "empty", contents: "", wantErr: "empty"},
		{name: "page", contents: "<!DOCTYPE html>", wantErr: "not an IDX file: it starts with 3c 21 44 4f"},
		{name: "no sides", contents: "\x00\x00\x08\x00", wantErr: "not an IDX file"},
		{name: "double", contents: "\x00\x00\x0e\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", wantErr: "0x0e is not supported"},
		{name: "half a header", contents: "\x00\x00\x08\x03\x00\x00", wantErr: "its header alone has 16"},
		{name: "cut short", contents: "\x00\x00\x08\x01\x00\x00\x00\x03\x07\x02", wantErr: "cut short: sides [3] need 11 bytes, it has 10"},
		{name: "too long", contents: "\x00\x00\x08\x01\x00\x00\x00\x01\x07\x02", wantErr: "too long: sides [1] need 9 bytes, it has 10"},
		{name: "no values", contents: "\x00\x00\x08\x01\x00\x00\x00\x00", wantErr: "no values"},
		{name: "overflow", contents: "\x00\x00\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", wantErr: "damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := DecodeIDX([]byte(test.contents))
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one with %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if again := encoded(t, got); string(again) != test.contents {
				t.Errorf("EncodeIDX gives % x, not the file read", again)
			}
		})
	}
}

func TestEncodeIDXRefuses(t *testing.T) {
	for name, a := range map[string]Array{
		"nothing":       {},
		"two types":     {U8: []uint8{1}, F32: []float32{1}},
		"uneven":        {Shape: []int{2}, U8: []uint8{1, 2, 3}},
		"negative side": {Shape: []int{-1}, U8: []uint8{1}},
	} {
		if err := EncodeIDX(&bytes.Buffer{}, a); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDecodeIDX(f *testing.F) {
	f.Add([]byte("\x00\x00\x08\x01\x00\x00\x00\x03\x07\x02\x01"))
	f.Add([]byte("\x00\x00\x0d\x02\x00\x00\x00\x01\x00\x00\x00\x01\x3f\x80\x00\x00"))
	f.Add([]byte("\x00\x00\x0c\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, contents []byte) {
		var a Array
		var err error
		if took := allocated(func() { a, err = DecodeIDX(contents) }); took > 1<<20+40*uint64(len(contents)) {
			t.Errorf("%d bytes for a file of %d", took, len(contents))
		}
		if err != nil {
			return
		}
		if err := a.check(); err != nil {
			t.Fatalf("decoded without an error: %v", err)
		}
		if again := encoded(t, a); !bytes.Equal(again, contents) {
			t.Fatalf("% x decoded and encoded is % x", contents, again)
		}
	})
}
