//go:build ignore

// Make writes the bundled samples from the full data sets: the first 100 images of each class
// of train and of test, and their places in the full files. Run it with go generate in the
// folder above, after `go run ./kernel-setup fetch mnist fashion-mnist`.
package main

import (
	"bytes"
	"compress/gzip"
	"log"
	"os"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/data"
)

const perClass = 100

func main() {
	for _, recipe := range []data.Recipe{data.MNIST(), data.FashionMNIST()} {
		write("sample/"+recipe.Dataset+"/train", must.M1(recipe.FirstPerClass(perClass).Train()))
		write("sample/"+recipe.Dataset+"/t10k", must.M1(recipe.Test()).FirstPerClass(perClass))
	}
}

// write stores images, labels and index of one half.
func write(prefix string, set *data.Set) {
	if set.Notice != "" {
		log.Fatalf("%s: the full data are needed: %s", set.Name, set.Notice)
	}
	labels := data.Array{}
	for _, label := range set.Labels.I32 {
		labels.U8 = append(labels.U8, uint8(label))
	}
	for name, array := range map[string]data.Array{
		"images-idx3-ubyte": {Shape: set.Inputs.Shape[:2], U8: set.Inputs.U8},
		"labels-idx1-ubyte": labels,
		"index-idx1-int":    {I32: set.Index},
	} {
		var packed bytes.Buffer
		zip := must.M1(gzip.NewWriterLevel(&packed, gzip.BestCompression))
		must.M(data.EncodeIDX(zip, array))
		must.M(zip.Close())
		must.M(os.WriteFile(prefix+"-"+name+".gz", packed.Bytes(), 0o666))
	}
}
