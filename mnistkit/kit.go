// Package mnistkit trains neural networks from the cells of a Go notebook.
// Cells import it as kit:
//
//	import kit "gonblabs/mnistkit"
//
//	var digits = kit.MNIST().Holdout(0.15)
//	var mlp = kit.Run{
//		Name: "mnist/mlp", Data: digits, Optimizer: kit.Adam(1e-3),
//		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)},
//	}
//	%%
//	kit.Show(mlp.Fit(5))
//	kit.Show(kit.Curves(mlp), kit.Leaderboard("mnist/*"))
//
// Recipes, such as digits and mlp, are plain data, and later cells share them.
// Results are kept on disk under the name of the run, so that any later cell,
// notebook or program finds them. The engine program does the training; package
// session starts and ends it.
//
// Most names here come from the packages below. A program that only trains
// imports package training, which contains nothing that draws.
package mnistkit

import (
	"io/fs"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/table"
	"gonblabs/mnistkit/text"
	"gonblabs/mnistkit/training"
)

// The types that cells use most, from the packages below.
type (
	// Run is the recipe of one training. It is plain data, and costs nothing until
	// you call a method.
	//
	//	var mlp = kit.Run{Name: "mnist/mlp", Data: digits, Model: layer.Stack{…}, Optimizer: kit.Adam(1e-3)}
	Run = training.Run
	// Sweep is several runs that are trained and compared together. Make it with
	// Vary, or as kit.Sweep{mlp, lenet}.
	Sweep = training.Sweep
	// Search looks for the best run of a sweep without training all of them to the end.
	//
	//	var search = kit.Search{Sweep: rates, Halving: true}; found := must.M1(search.Fit(16))
	Search = training.Search
	// Loop is a training loop that you write yourself. It is plain data, as a Run is.
	//
	//	var line = kit.Loop{Name: "lab-8/line", Start: kit.Variables{"W": {0}, "b": {0}}, Settings: map[string]any{"rate": 0.1}}
	Loop = training.Loop
	// LoopStep does one epoch of a Loop: it changes the values of v in place and
	// returns what it measured.
	LoopStep = training.LoopStep
	// Variables are the numbers that a Loop learns, by name.
	Variables = training.Variables
	// Metrics are what an epoch of a Loop measured, by name; "loss" must be among
	// them.
	Metrics = training.Metrics
	// ExportOption leaves a part of the model out of what Run.Export writes.
	//
	//	lenet.Export("lenet.onnx", kit.WithoutSoftmax)
	ExportOption = training.ExportOption
	// Server answers for one model from any number of goroutines. Make it with Run.Server.
	//
	//	server, err := lenet.Server()
	Server = training.Server
	// Data is what a Run learns from: kit.MNIST() and the like, or Sets.
	Data = training.Data
	// Sets are data that you made yourself: each part is a Set.
	//
	//	kit.Sets{TrainSet: train, ValidationSet: validation, TestSet: test}
	Sets = training.Sets
	// Score is what Evaluate measured for one run on one data set.
	Score = training.Score
	// RateCurve is the loss at rising learning rates: what FindRate found.
	RateCurve = training.RateCurve
	// Summary is a model's layers with their output shapes and parameters.
	Summary = training.Summary
	// Plot is a figure of your own numbers: lines, points and bars, each a Series.
	//
	//	kit.Show(kit.Plot{Title: "A line", X: "x", Y: "y", Lines: []kit.Series{{X: x, Y: y}}})
	Plot = chart.Plot
	// Series is a line, points, or bars of a Plot.
	Series = chart.Series
	// Checkpoint is a set of weights that SaveWeights kept under a name.
	Checkpoint = runs.Checkpoint

	// Set is a set of examples, with labels or without; see package data.
	Set = data.Set
	// History is the epochs of a run, in order.
	History = fit.History
	// Epoch is what was measured in one pass over the training data.
	Epoch = fit.Epoch
	// Action is what a callback asks for.
	Action = fit.Action
	// Callback looks at the history after every epoch and says what to do.
	Callback = fit.Callback

	// ModelCheckpoint keeps the weights of the best epoch so far.
	ModelCheckpoint = fit.ModelCheckpoint
	// SaveWeights keeps the weights of every epoch, or of every few epochs.
	SaveWeights = fit.SaveWeights
	// ReduceLROnPlateau lowers the learning rate when a metric stops improving.
	ReduceLROnPlateau = fit.ReduceLROnPlateau
	// EarlyStopping ends a training when a metric stops improving.
	EarlyStopping = fit.EarlyStopping
	// LearningRateScheduler sets the learning rate before every epoch.
	LearningRateScheduler = fit.LearningRateScheduler
	// TerminateOnNaN stops a training when its loss is not a number any more; Fit
	// always uses one.
	TerminateOnNaN = fit.TerminateOnNaN
	// CSVLogger writes the history to a CSV file after every epoch.
	CSVLogger = fit.CSVLogger
	// EvaluateOn measures one more data set after every epoch.
	EvaluateOn = fit.EvaluateOn
	// TensorBoard writes event files for TensorBoard.
	TensorBoard = fit.TensorBoard
	// AfterEpoch makes a callback of a function.
	AfterEpoch = fit.AfterEpoch

	// Optimizer is an optimiser and its settings.
	Optimizer = session.Optimizer
	// Schedule changes the learning rate from step to step. Make it with Cosine or OneCycle.
	Schedule = session.Schedule
	// Loss is the name of the quantity that training minimises.
	Loss = session.Loss
)

// The losses. A model ends in logits, and the loss applies softmax or sigmoid.
const (
	SparseCategoricalCrossentropy = session.SparseCategoricalCrossentropy
	BinaryCrossentropy            = session.BinaryCrossentropy
	MeanSquaredError              = session.MeanSquaredError
	MeanAbsoluteError             = session.MeanAbsoluteError
)

// ErrStopped is wrapped by the error of a Fit that the user stopped.
var ErrStopped = training.ErrStopped

// ErrClosed is the error of a Server that is asked after Close.
var ErrClosed = training.ErrClosed

const (
	// Initial is the name, for Run.At, of the weights from which a run starts.
	Initial = training.Initial
	// WithoutSoftmax has Run.Export end the model in logits.
	WithoutSoftmax = training.WithoutSoftmax
	// WithoutPreprocessing has Run.Export begin the model after its first Rescale layers, or the normalisation of a table.
	WithoutPreprocessing = training.WithoutPreprocessing
	// NoDelta stands for a MinDelta of zero in ReduceLROnPlateau, where 0 is the
	// default of 0.0001.
	NoDelta = fit.NoDelta
)

// Load opens a run by its name alone; it takes the model from the record on disk.
//
//	lenet := must.M1(kit.Load("mnist/lenet"))
//
// Evaluate and Predict then use the kept weights.
func Load(name string) (Run, error) { return training.Load(name) }

// Open opens a file that Run.Save wrote: see training.Open.
//
//	lenet := must.M1(kit.Open("lenet.mnistkit"))
func Open(path string) (Run, error) { return training.Open(path) }

// OpenFS is Open for a file that the program has in itself, by go:embed: see training.OpenFS.
//
//	lenet, err := kit.OpenFS(files, "lenet.mnistkit")
func OpenFS(fsys fs.FS, name string) (Run, error) { return training.OpenFS(fsys, name) }

// Vary makes a run for each value of one setting; everything else is as in base.
//
//	var rates = kit.Vary(mlp, "rate", []float64{0.001, 0.01, 0.1}, func(r *kit.Run, rate float64) { r.Optimizer = kit.Adam(rate) })
//
// The runs are named after base, setting and value: "mnist/mlp-rate=0.001". Where base
// is a Sweep, each of its runs is varied.
func Vary[T any, B Run | Sweep](base B, setting string, values []T, change func(r *Run, value T)) Sweep {
	return training.Vary(base, setting, values, change)
}

// Ensemble is the mean of several models' answers for the same data set, under
// a name: see score.Ensemble.
//
//	together := must.M1(kit.Ensemble("three", must.M1(seeds.Predict(digits.Test()))...))
func Ensemble(name string, answers ...score.Predictions) (score.Predictions, error) {
	return toldOf(score.Ensemble(name, answers...))
}

// SGD is gradient descent at a constant rate; Keras' default is 0.01.
//
//	kit.SGD(0.01).WithMomentum(0.9)
func SGD(rate float64) Optimizer { return session.SGD(rate) }

// Adam adapts each weight's step to the mean and the variance of its gradient;
// Keras' default rate is 0.001.
//
//	kit.Adam(1e-3)
func Adam(rate float64) Optimizer { return session.Adam(rate) }

// AdamW is Adam that also makes each weight smaller in every step; Keras' default rate
// is 0.001, and its weight decay 0.004: see session.AdamW.
//
//	kit.AdamW(1e-3)
func AdamW(rate float64) Optimizer { return session.AdamW(rate) }

// RMSprop divides each weight's step by the root of its gradient's mean
// square; Keras' default rate is 0.001.
//
//	kit.RMSprop(1e-3)
func RMSprop(rate float64) Optimizer { return session.RMSprop(rate) }

// Cosine lowers the learning rate to zero over so many epochs: see session.Cosine.
//
//	kit.Adam(1e-3).WithSchedule(kit.Cosine(20).WithWarmup(1))
func Cosine(epochs float64) Schedule { return session.Cosine(epochs) }

// OneCycle raises the learning rate and then lowers it, over so many epochs: see
// session.OneCycle.
//
//	kit.Adam(0.01).WithSchedule(kit.OneCycle(5))
func OneCycle(epochs float64) Schedule { return session.OneCycle(epochs) }

// FindRate trains for 99 steps at rates that rise from 0.000001 to 10, and suggests
// a tenth of the rate at which the loss is lowest: see training.FindRate.
//
//	found := must.M1(kit.FindRate(mlp))
//	kit.Show(found)
//
// The run, and what is stored of it, stay as they are.
func FindRate(r Run) (RateCurve, error) { return training.FindRate(r) }

// MNIST is 60,000 handwritten digits to train on and 10,000 to test on: 28×28
// pixels from 0 to 255, classes 0 to 9.
//
//	var digits = kit.MNIST().Holdout(0.15)
//
// Package data says where the kit looks for the files. Without them it takes a
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
// form: see picture.Read. A note says what it passes over.
//
//	kit.Show(lenet.Predict(kit.Pictures("my-digits")))
func Pictures(paths ...string) (*Set, error) {
	set, err := toldOf(picture.Read(paths...))
	if err == nil && set.Notice != "" {
		show.Display(show.Note(set.Notice))
	}
	return set, err
}

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
