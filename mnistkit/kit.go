// Package mnistkit trains neural networks from the cells of a Go notebook. It
// is imported as kit:
//
//	import kit "gonblabs/mnistkit"
//
//	var digits = kit.MNIST().Holdout(0.15)
//	var mlp = kit.Run{
//		Name: "mnist/mlp", Data: digits, Optimizer: kit.Adam(1e-3),
//		Model: layer.Stack{layer.Rescale(1.0 / 255), layer.Flatten(), layer.Dense(128).ReLU(), layer.Dense(10)},
//	}
//	%%
//	must.M1(mlp.Fit(5))
//	kit.Show(kit.Curves(mlp), kit.Leaderboard("mnist/*"))
//
// Recipes, such as digits and mlp, are plain data and stay in the kernel.
// Results are kept on disk under the run's name, so that any later cell,
// notebook or program finds them. Training happens in the engine program,
// which package session starts and ends.
package mnistkit

import (
	"fmt"
	"path/filepath"

	"gonblabs/mnistkit/chart"
	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/fit"
	"gonblabs/mnistkit/picture"
	"gonblabs/mnistkit/session"
	"gonblabs/mnistkit/show"
	"gonblabs/mnistkit/text"
)

// The words of the packages below that a cell uses most.
type (
	// Set is a set of examples, with labels or without; see package data.
	Set = data.Set
	// History are the epochs of a run, in order.
	History = fit.History
	// Epoch is what one pass over the training data gave.
	Epoch = fit.Epoch
	// Action is what a callback asks for.
	Action = fit.Action
	// Callback looks at the history after every epoch and says what to do.
	Callback = fit.Callback

	// ModelCheckpoint keeps the weights of the best epoch so far.
	ModelCheckpoint = fit.ModelCheckpoint
	// SaveWeights keeps the weights of every epoch, or of every few.
	SaveWeights = fit.SaveWeights
	// ReduceLROnPlateau lowers the learning rate when a metric stops improving.
	ReduceLROnPlateau = fit.ReduceLROnPlateau
	// EarlyStopping ends a training when a metric stops improving.
	EarlyStopping = fit.EarlyStopping
	// LearningRateScheduler sets the learning rate before every epoch.
	LearningRateScheduler = fit.LearningRateScheduler
	// TerminateOnNaN stops a training whose loss is no number any more; Fit always has one.
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
	// Loss names what training makes small.
	Loss = session.Loss
)

// The losses; a model ends in logits, and the loss applies softmax or sigmoid.
const (
	SparseCategoricalCrossentropy = session.SparseCategoricalCrossentropy
	BinaryCrossentropy            = session.BinaryCrossentropy
	MeanSquaredError              = session.MeanSquaredError
	MeanAbsoluteError             = session.MeanAbsoluteError
)

// MNIST is the handwritten digits: 60,000 images to train on, 10,000 to test,
// 28×28 pixels from 0 to 255, classes 0 to 9.
//
//	var digits = kit.MNIST().Holdout(0.15)
//
// See data.MNIST for where it is looked for; without the full files it is a
// bundled sample of 100 images a class.
func MNIST() data.Recipe { return data.MNIST() }

// FashionMNIST is ten kinds of clothing in MNIST's format: see data.FashionMNIST.
func FashionMNIST() data.Recipe { return data.FashionMNIST() }

// IMDB is film reviews, positive or negative, as word numbers: see text.IMDB.
//
//	var reviews = kit.IMDB().Vocabulary(10_000).Padded(256).Holdout(0.4)
//
// Without the 50,000 reviews it is 10,072 bundled sentences.
func IMDB() text.Recipe { return text.IMDB() }

// Pictures makes a set of your own PNG and JPEG files, a digit each, in MNIST's
// form: see picture.Read.
//
//	kit.Show(must.M1(lenet.Predict(kit.Pictures("my-digits"))))
func Pictures(paths ...string) (*Set, error) { return picture.Read(paths...) }

// Photo shows a PNG or JPEG file as it is.
//
//	kit.Show(kit.Photo("my-digits/seven.png"))
func Photo(path string) View {
	return func() (show.Block, error) {
		img, err := picture.Decode(path)
		if err != nil {
			return nil, fmt.Errorf("kit.Photo: %w", err)
		}
		return figure(chart.Photo(filepath.Base(path), img))
	}
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

// RMSprop divides each weight's step by the root of its gradient's mean
// square; Keras' default rate is 0.001.
//
//	kit.RMSprop(1e-3)
func RMSprop(rate float64) Optimizer { return session.RMSprop(rate) }
