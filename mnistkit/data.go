package mnistkit

import (
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
)

// MNIST is 60,000 handwritten digits to train on and 10,000 to test on: 28×28
// pixels from 0 to 255, classes 0 to 9.
//
//	var digits = kit.MNIST().Holdout(0.15)
//
// data.MNIST says where the kit looks for the files. Without them it takes a
// bundled sample of 100 images of each class.
func MNIST() data.Recipe { return data.MNIST() }

// FashionMNIST is ten kinds of clothing in MNIST's format: see data.FashionMNIST.
func FashionMNIST() data.Recipe { return data.FashionMNIST() }

// IMDB is 50,000 film reviews, positive or negative, as word numbers: see
// text.IMDB.
//
//	var reviews = kit.IMDB().Vocabulary(10_000).Padded(256).Holdout(0.4)
//
// Without the files it is 10,072 bundled sentences.
func IMDB() text.Recipe { return text.IMDB() }

// Pictures makes a set of your own PNG and JPEG files, one digit each, in MNIST's
// form: see picture.Read.
//
//	kit.Show(must.M1(lenet.Predict(kit.Pictures("my-digits"))))
func Pictures(paths ...string) (*Set, error) { return picture.Read(paths...) }

// Row is a row of a table: a value for each column's name. See
// table.Recipe.Encode.
//
//	kit.Row{"weight": 2000, "origin": "Japan"}
type Row = table.Row

// AutoMPG is 398 cars from 1970 to 1982, with miles per gallon as the target and
// eight properties.
//
//	var cars = kit.AutoMPG().OneHot("origin").DropMissing().Normalized().Holdout(0.2)
//
// All rows are part of the kit: see table.AutoMPG.
func AutoMPG() table.Recipe { return table.AutoMPG() }

// Iris is 150 flowers of three species, with four lengths in cm: 120 to train on,
// 30 to test on.
//
//	var flowers = kit.Iris()
//
// All rows are part of the kit: see table.Iris.
func Iris() table.Recipe { return table.Iris() }

// CSV is your own table and the column to predict: see table.CSV.
//
//	var houses = kit.CSV("houses.csv", "price").OneHot("town").TestFraction(0.2).Normalized()
func CSV(path, target string) table.Recipe { return table.CSV(path, target) }
