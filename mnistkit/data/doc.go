// Package data finds, checks, decodes, splits and samples data sets.
//
//	var digits = data.MNIST().Holdout(0.15)
//	train, err := digits.Train()
//
// A [Recipe] says which data a run uses and does no I/O; a [Set] holds examples in
// plain Go slices, images as the bytes of the file. Files are looked for in a folder
// given with From, in $MNISTKIT_DATA, in ~/.keras/datasets and in the cache
// ([CacheDir]); without any of them the bundled sample stands in, and says so.
//
// Downloads live in package mnistkit/data/fetch, so that a cell does not link an HTTP client.
package data
