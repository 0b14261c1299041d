package data

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"strings"

	"gonblabs/mnistkit/files"
)

//go:generate go run ./sample/make.go

// The first 100 images of each class of train and of test, with their places in the full files.
//
//go:embed sample/*/*.gz
var samples embed.FS

// sample is the bundled sample; incomplete says what kept the full data from being used, if anything did.
func sample(dataset, incomplete string) source {
	return source{
		dataset: dataset,
		dir:     "bundled sample",
		kind:    sampled,
		notice: fmt.Sprintf("bundled sample: the first 100 images of each class of train and of test; for all 70,000 run: %s%s",
			files.Command("fetch "+dataset), incomplete),
	}
}

// sampleFile unpacks one file of the bundled sample.
func sampleFile(dataset, name string) ([]byte, error) {
	file, err := samples.Open("sample/" + dataset + "/" + name + ".gz")
	if err != nil {
		return nil, fmt.Errorf("bundled sample: %w", err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("bundled sample: %w", err)
	}
	return io.ReadAll(unpacked)
}

// sampleIndex reads where the images of one half of the sample lie in the full files.
func sampleIndex(dataset string, half int) ([]int32, error) {
	images := known[dataset].files[half].Name
	contents, err := sampleFile(dataset, strings.Replace(images, "images-idx3-ubyte", "index-idx1-int", 1))
	if err != nil {
		return nil, err
	}
	a, err := DecodeIDX(contents)
	return a.I32, err
}
