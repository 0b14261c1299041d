// Package data finds, checks, decodes, splits and samples data sets.
//
//	var digits = data.MNIST().Holdout(0.15)
//	train, err := digits.Train()
//
// A [Recipe] says which data a run uses and reads nothing itself. A [Set] holds examples in
// plain Go slices; pixels stay the bytes of the file. The kit looks for files in a folder given
// with From, in $MNISTKIT_DATA, in ~/.keras/datasets, in the cache ([CacheDir]) and in [SharedDir].
// If it finds none, it takes the bundled sample and says so.
//
// Package mnistkit/data/fetch downloads data. It is a package of its own, so that a cell does
// not link an HTTP client.
package data
