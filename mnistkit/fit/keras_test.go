package fit_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonblabs/mnistkit/fit"
)

// values are a list of numbers in which NaN and infinities are strings.
type values []float64

func (v *values) UnmarshalJSON(b []byte) error {
	var list []any
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, x := range list {
		if f, ok := x.(float64); ok {
			*v = append(*v, f)
			continue
		}
		f, ok := map[any]float64{"NaN": math.NaN(), "Inf": math.Inf(1), "-Inf": math.Inf(-1)}[x]
		if !ok {
			return fmt.Errorf("no number: %v", x)
		}
		*v = append(*v, f)
	}
	return nil
}

// settings are those of all callbacks, by their names in Keras.
type settings struct {
	Monitor, Mode    string
	Patience         *int
	MinDelta         *float64 `json:"min_delta"`
	Baseline         *float64
	StartFromEpoch   int  `json:"start_from_epoch"`
	RestoreBest      bool `json:"restore_best_weights"`
	Factor           float64
	Cooldown         int
	MinLR            float64  `json:"min_lr"`
	SaveBestOnly     bool     `json:"save_best_only"`
	InitialThreshold *float64 `json:"initial_value_threshold"`
}

type kerasFile struct {
	Lists         map[string]values
	EarlyStopping []struct {
		List         string
		Settings     settings
		StoppedEpoch int `json:"stopped_epoch"`
		BestEpoch    int `json:"best_epoch"`
		WeightsEpoch int `json:"weights_epoch"`
	} `json:"early_stopping"`
	Plateau []struct {
		List      string
		Settings  settings
		InitialLR float64 `json:"initial_lr"`
		Rates     values  `json:"learning_rates"`
	} `json:"reduce_lr_on_plateau"`
	Checkpoint []struct {
		List        string
		Settings    settings
		SavedEpochs []int `json:"saved_epochs"`
	} `json:"model_checkpoint"`
	Scheduler []struct {
		Formula   string
		InitialLR float64 `json:"initial_lr"`
		Rates     values  `json:"learning_rates"`
	} `json:"learning_rate_scheduler"`
	Terminate []struct {
		Losses []values
		Epoch  int
	} `json:"terminate_on_nan"`
}

func keras(t *testing.T) kerasFile {
	t.Helper()
	b, err := os.ReadFile("testdata/keras/callbacks.json")
	if err != nil {
		t.Fatal(err)
	}
	var f kerasFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// course is what a callback does to a training whose metric takes the values
// of a list: rates[i] is the learning rate after epoch i+1.
type course struct {
	stopped int // 0: never
	saved   []int
	rates   []float64
}

// follow asks c after every epoch about the history so far, as a fit does.
func follow(c fit.Callback, metric string, list []float64, rate float64) course {
	var out course
	var h fit.History
	for i, v := range list {
		h = append(h, fit.Epoch{Number: i + 1, LearningRate: rate, Metrics: map[string]float64{metric: v}})
		a := c.AfterEpoch(slices.Clone(h))
		if a.LearningRate > 0 {
			rate = a.LearningRate
		}
		out.rates = append(out.rates, rate)
		if a.SaveBest {
			out.saved = append(out.saved, i+1)
		}
		if a.Stop != "" {
			out.stopped = i + 1
			break
		}
	}
	return out
}

// fromNaN: in Keras a NaN in the first epoch is the best value for good, so
// that nothing is an improvement any more. Here it is an epoch without
// improvement, and the first number after it is the best so far.
const fromNaN = "nan_first"

func TestKerasEarlyStopping(t *testing.T) {
	file := keras(t)
	for i, c := range file.EarlyStopping {
		t.Run(fmt.Sprintf("%d %s", i+1, c.List), func(t *testing.T) {
			list := file.Lists[c.List]
			stop := fit.EarlyStopping{
				Monitor: c.Settings.Monitor, Mode: c.Settings.Mode, Baseline: c.Settings.Baseline,
				StartFromEpoch: c.Settings.StartFromEpoch, RestoreBest: true,
			}
			if c.Settings.Patience != nil {
				stop.Patience = *c.Settings.Patience
			}
			if c.Settings.MinDelta != nil {
				stop.MinDelta = math.Abs(*c.Settings.MinDelta) // as Keras does; a fit refuses a negative one
			}
			got := follow(stop, c.Settings.Monitor, list, 0.1)
			best := 0
			if n := len(got.saved); n > 0 {
				best = got.saved[n-1]
			}
			if c.List == fromNaN {
				if c.StoppedEpoch == 0 || got.stopped != 0 || best != len(list) {
					t.Errorf("stopped at %d, best %d; the values after the NaN all improve", got.stopped, best)
				}
				return
			}
			if got.stopped != c.StoppedEpoch || best != c.BestEpoch {
				t.Errorf("stopped at %d, best %d; Keras stops at %d, best %d", got.stopped, best, c.StoppedEpoch, c.BestEpoch)
			}
			weights := len(list)
			if got.stopped > 0 {
				weights = got.stopped
			}
			if c.Settings.RestoreBest && best > 0 {
				weights = best
			}
			if weights != c.WeightsEpoch {
				t.Errorf("the weights at the end are of epoch %d, Keras' of %d", weights, c.WeightsEpoch)
			}
			stop.RestoreBest = false
			if saved := follow(stop, c.Settings.Monitor, list, 0.1).saved; saved != nil {
				t.Errorf("without RestoreBest it keeps epochs %v", saved)
			}
		})
	}
}

func TestKerasReduceLROnPlateau(t *testing.T) {
	file := keras(t)
	for i, c := range file.Plateau {
		t.Run(fmt.Sprintf("%d %s", i+1, c.List), func(t *testing.T) {
			plateau := fit.ReduceLROnPlateau{
				Monitor: c.Settings.Monitor, Mode: c.Settings.Mode, Factor: c.Settings.Factor,
				Cooldown: c.Settings.Cooldown, MinLR: c.Settings.MinLR,
			}
			if c.Settings.Patience != nil {
				plateau.Patience = max(1, *c.Settings.Patience) // 0 and 1 are the same
			}
			if c.Settings.MinDelta != nil {
				plateau.MinDelta = *c.Settings.MinDelta
				if plateau.MinDelta == 0 {
					plateau.MinDelta = fit.NoDelta
				}
			}
			want := c.Rates
			if c.List == fromNaN {
				rate := c.InitialLR
				if plateau.Patience == 1 {
					rate *= c.Settings.Factor
				}
				want = slices.Repeat(values{rate}, len(c.Rates))
			}
			got := follow(plateau, c.Settings.Monitor, file.Lists[c.List], c.InitialLR).rates
			if !slices.EqualFunc(got, want, sameRate) {
				t.Errorf("rates %v, want %v", got, want)
			}
		})
	}
}

// sameRate: Keras holds rates in float32.
func sameRate(a, b float64) bool { return math.Abs(a/b-1) < 1e-6 }

func TestKerasModelCheckpoint(t *testing.T) {
	file := keras(t)
	for i, c := range file.Checkpoint {
		if !c.Settings.SaveBestOnly || c.Settings.InitialThreshold != nil {
			continue // mnistkit keeps the best and the last, without a threshold
		}
		t.Run(fmt.Sprintf("%d %s", i+1, c.List), func(t *testing.T) {
			want := c.SavedEpochs
			if c.List == fromNaN {
				want = []int{2, 3, 4, 5, 6}
			}
			checkpoint := fit.ModelCheckpoint{Monitor: c.Settings.Monitor, Mode: c.Settings.Mode}
			if got := follow(checkpoint, c.Settings.Monitor, file.Lists[c.List], 0.1).saved; !slices.Equal(got, want) {
				t.Errorf("epochs %v are kept, want %v", got, want)
			}
		})
	}
}

func TestKerasLearningRateScheduler(t *testing.T) {
	schedules := map[string]fit.LearningRateScheduler{
		"0.001 * 0.5^floor(epoch/3)": func(epoch int, _ float64) float64 { return 0.001 * math.Pow(0.5, float64(epoch/3)) },
		"epoch < 4 ? lr : lr * exp(-0.1)": func(epoch int, rate float64) float64 {
			if epoch < 4 {
				return rate
			}
			return rate * math.Exp(-0.1)
		},
		"min(epoch+1, 5) / 5 * 0.01": func(epoch int, _ float64) float64 { return float64(min(epoch+1, 5)) / 5 * 0.01 },
	}
	for _, c := range keras(t).Scheduler {
		f, ok := schedules[c.Formula]
		if !ok {
			t.Errorf("no schedule for %q", c.Formula)
			continue
		}
		s := newSession(10)
		var used []float64
		s.onTrain = func(ep trained) { used = append(used, ep.LearningRate) }
		job := s.job(t, len(c.Rates))
		job.Recipe.Optimizer.LearningRate = c.InitialLR
		job.Callbacks = []fit.Callback{f}
		done(t, job)
		if !slices.EqualFunc(used, c.Rates, sameRate) {
			t.Errorf("%s: %v, want %v", c.Formula, used, c.Rates)
		}
	}
}

// TestKerasTerminateOnNaN: Keras stops after the batch, mnistkit after the
// epoch, whose mean tells.
func TestKerasTerminateOnNaN(t *testing.T) {
	for _, c := range keras(t).Terminate {
		var means []float64
		for _, batches := range c.Losses {
			sum := 0.0
			for _, loss := range batches {
				sum += loss
			}
			means = append(means, sum/float64(len(batches)))
		}
		if got := follow(fit.TerminateOnNaN{}, "loss", means, 0.1).stopped; got != c.Epoch {
			t.Errorf("%v: stopped at epoch %d, Keras stops in %d", c.Losses, got, c.Epoch)
		}
	}
}
