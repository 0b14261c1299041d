package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
	"gonblabs/mnistkit/layer"
	"gonblabs/mnistkit/runs"
	"gonblabs/mnistkit/score"
	"gonblabs/mnistkit/show"
)

// study is a whole training that counts for what it learns. A new study is one more entry of studies.
type study struct {
	about     string
	run       kit.Run // its seed is given
	epochs    int
	shift     int // Predict looks at each test image moved by up to so many pixels
	callbacks []kit.Callback
}

// The studies on the network of github.com/cdeotte/MNIST-CNN-99.75. Those that begin with "choice" hold out a
// tenth of the training data, by which the recipe of the other was chosen: it has one-cycle's, without shifted
// images, and the 30 epochs that are published. Its seeds are 1 and following, as many as there is time for.
var studies = map[string]study{
	"one-cycle": {"one-cycle, on all 60,000 digits", modern(30).With("", func(r *kit.Run) { r.Data = kit.MNIST() }), 30, 0, nil},

	"choice-published": {"the network with its published recipe, for 12 epochs", published.With("", bf16), 12, 0, []kit.Callback{decay}},
	"choice-one-cycle": {"one-cycle, AdamW, averaged weights, smoothed labels", modern(12), 12, 0, nil},
	"choice-bending":   {"the same, and the digits are bent too", modern(12).With("", bending), 12, 0, nil},
	"choice-forgetful": {"as one-cycle, with averages that forget sooner, which suits little data too", modern(12).With("", forgetful), 12, 0, nil},

	"custom2": original("notebook 01: with BatchNorm and Dropout", true, true),
	"custom3": original("notebook 01: with neither", false, false),
	"custom4": original("notebook 01: with Dropout alone", false, true),
	"custom5": original("notebook 01: with BatchNorm alone", true, false),

	// One-cycle without one of its parts.
	"choice-float32":     {"one-cycle, in float32", modern(12).With("", func(r *kit.Run) { r.Precision = "" }), 12, 0, nil},
	"choice-unsmoothed":  {"one-cycle, without smoothed labels", modern(12).With("", func(r *kit.Run) { r.LabelSmoothing = 0 }), 12, 0, nil},
	"choice-unaveraged":  {"one-cycle, without averaged weights", modern(12).With("", func(r *kit.Run) { r.Optimizer = r.Optimizer.WithEMA(0) }), 12, 0, nil},
	"choice-undecayed":   {"one-cycle, without weight decay", modern(12).With("", func(r *kit.Run) { r.Optimizer = r.Optimizer.WithWeightDecay(0) }), 12, 0, nil},
	"choice-constant":    {"one-cycle, but at a constant rate", modern(12).With("", func(r *kit.Run) { r.Optimizer = kit.AdamW(1e-3).WithEMA(0.999) }), 12, 0, nil},
	"choice-unaugmented": {"one-cycle, on the digits as they are", modern(12).With("", func(r *kit.Run) { r.Model = deotte() }), 12, 0, nil},
}

// original is a network of notebook 01, trained as there for all 20 epochs.
func original(about string, batchNorm, dropout bool) study {
	return study{about, kit.Run{Data: dataSets["digits"], Optimizer: kit.Adam(1e-3), Model: blocks(batchNorm, dropout)}, 20, 0, []kit.Callback{
		kit.ModelCheckpoint{Monitor: "val_accuracy"},
		kit.ReduceLROnPlateau{Monitor: "val_loss", Factor: 0.5, Patience: 4, MinLR: 1e-4},
	}}
}

// published is how the network is trained there.
var published = kit.Run{Data: kit.MNIST().Holdout(0.1).Seed(1), Optimizer: kit.Adam(1e-3), BatchSize: 64, Model: deotte(
	layer.RandomRotation(15.0/360), layer.RandomZoom(0.15), layer.RandomTranslation(0.1, 0.1))}

var decay = kit.LearningRateScheduler(func(epoch int, rate float64) float64 { return 1e-3 * math.Pow(0.95, float64(epoch)) })

func bf16(r *kit.Run) { r.Precision = "bf16" }

func bending(r *kit.Run) {
	r.Model = append(layer.Stack{layer.RandomElasticTransform(34, 4)}, r.Model...)
}

func forgetful(r *kit.Run) {
	r.Optimizer = r.Optimizer.WithEMA(0.99)
	r.Model = r.Model.Map(func(l layer.Layer) layer.Layer {
		if norm, ok := l.(layer.BatchNormLayer); ok {
			return norm.Momentum(0.9)
		}
		return l
	})
}

// modern trains the network by the means that came later.
func modern(epochs float64) kit.Run {
	return published.With("", func(r *kit.Run) {
		r.Optimizer = kit.AdamW(2e-3).WithSchedule(kit.OneCycle(epochs)).WithEMA(0.999)
		r.LabelSmoothing, r.Precision = 0.1, "bf16"
	})
}

func deotte(first ...layer.Layer) layer.Stack {
	layers := append(layer.Stack(first), pixels)
	for _, filters := range []int{32, 64} {
		layers = append(layers,
			layer.Conv2D(filters, 3).ReLU(), layer.BatchNorm(),
			layer.Conv2D(filters, 3).ReLU(), layer.BatchNorm(),
			layer.Conv2D(filters, 5).Same().Stride(2).ReLU(), layer.BatchNorm(), layer.Dropout(0.4))
	}
	return append(layers, layer.Conv2D(128, 4).ReLU(), layer.BatchNorm(), layer.Flatten(), layer.Dropout(0.4), layer.Dense(10))
}

// Study is what is kept of a study with one seed, or of several together.
type Study struct {
	Model      string            `json:"model"`
	About      string            `json:"about"`
	Recipe     string            `json:"recipe"` // a hash of the recipe, but for the seed
	Seeds      []uint64          `json:"seeds"`
	Epochs     int               `json:"epochs"`
	CPU        string            `json:"cpu"`
	Processors int               `json:"processors"` // that it was trained on
	Versions   map[string]string `json:"versions"`
	Seconds    float64           `json:"seconds,omitzero"`    // of the training
	Validation []Reading         `json:"validation,omitzero"` // after the last epoch
	Test       []Reading         `json:"test,omitzero"`
	WrongFor   []int             `json:"wrong_for,omitzero"` // of several together: how many examples are wrong for one of them, for two, …
}

// Reading is what a model was found to know, and the commit that says how it was made.
type Reading struct {
	Shift    int     `json:"shift"` // of Shifted: the answer is the mean of so many moved images; 0 is the image as it is
	Wrong    int     `json:"wrong"`
	Of       int     `json:"of"`
	Accuracy float64 `json:"accuracy"`
	Commit   string  `json:"commit"`
	Date     string  `json:"date"`
}

// accuracy trains a study with a seed, or goes on with it, and keeps what the validation data say of it. With
// test it reads the test data instead, with each seed that is trained and with all of them together. What decides
// a training must be committed before.
func (b *bench) accuracy(model string, seed uint64, test bool) {
	s, known := studies[model]
	if !known {
		must.M(fmt.Errorf("the study %q is unknown; name one of %s with -model", model, strings.Join(slices.Sorted(maps.Keys(studies)), ", ")))
	}
	if changed := b.git("status", "--porcelain", "--", "*.go", "go.mod"); changed != "" {
		must.M(fmt.Errorf("commit first what decides the training: %s", strings.ReplaceAll(changed, "\n", ", ")))
	}
	for name, value := range b.kernelSpec().Env {
		must.M(os.Setenv(name, value))
	}
	must.M(os.Setenv("MNISTKIT_RUNS", filepath.Join(b.scratch, "accuracy")))
	seeded := func(seed uint64) kit.Run {
		return s.run.With(fmt.Sprintf("%s/seed-%d", model, seed), func(r *kit.Run) { r.Seed = seed })
	}
	if !test {
		r := seeded(seed)
		h := must.M1(r.Fit(s.epochs, s.callbacks...))
		record, _, err := must.M1(runs.Open(r.Name)).ReadRecord()
		must.M(err)
		record.Recipe.Seed = 0
		machine := thisMachine()
		result := Study{Model: model, About: s.about, Recipe: fmt.Sprintf("%x", sha256.Sum256(must.M1(json.Marshal(record.Recipe))))[:16],
			Seeds: []uint64{seed}, Epochs: s.epochs, CPU: machine.CPU, Processors: machine.Cores, Versions: b.versions(), Seconds: round(h.Seconds())}
		if set := must.M1(r.Data.Validation()); set != nil {
			for shift := range 2 {
				result.Validation = append(result.Validation, b.read(must.M1(r.Shifted(shift).Predict(set)), shift))
			}
		}
		b.keepStudy(result)
		return
	}
	var all []score.Predictions
	together := Study{Model: model, About: s.about + ", together", Epochs: s.epochs, CPU: thisMachine().CPU, Versions: b.versions()}
	for _, path := range must.M1(filepath.Glob(filepath.Join(b.here, "accuracy", model+"-seed-*.json"))) {
		var one Study
		must.M(json.Unmarshal(must.M1(os.ReadFile(path)), &one))
		r := seeded(one.Seeds[0])
		if trained := must.M1(r.History()); len(trained) < s.epochs {
			must.M(fmt.Errorf("seed %d is trained for %d epochs of %d on this machine; train it first", one.Seeds[0], len(trained), s.epochs))
		}
		answers := must.M1(r.Shifted(s.shift).Predict(r.Data.Test()))
		if all = append(all, answers); one.Test == nil {
			one.Test = []Reading{b.read(answers, s.shift)}
			b.keepStudy(one)
		}
		together.Recipe, together.Processors, together.Seeds = one.Recipe, one.Processors, append(together.Seeds, one.Seeds...)
	}
	if len(all) == 0 {
		must.M(errors.New("no seed is trained yet"))
	}
	together.WrongFor = make([]int, len(all))
	for i := range all[0].Len() {
		wrong := 0
		for _, answers := range all {
			if !answers.Right(i) {
				wrong++
			}
		}
		if wrong > 0 {
			together.WrongFor[wrong-1]++
		}
	}
	together.Test = []Reading{b.read(must.M1(kit.Ensemble(model, all...)), s.shift)}
	b.keepStudy(together)
}

func (b *bench) read(answers score.Predictions, shift int) Reading {
	return Reading{shift, must.M1(score.Mistakes(answers)).All, answers.Len(), answers.Accuracy(), b.git("rev-parse", "--short=12", "HEAD"), today()}
}

// keepStudy writes a file of its own for the study: of one seed, or of so many together.
func (b *bench) keepStudy(s Study) {
	name := fmt.Sprintf("%s-seed-%d", s.Model, s.Seeds[0])
	if s.WrongFor != nil {
		name = fmt.Sprintf("%s-of-%d", s.Model, len(s.Seeds))
	}
	for _, r := range append(s.Validation, s.Test...) {
		fmt.Printf("%s, shift %d: %d of %d wrong, %s\n", name, r.Shift, r.Wrong, r.Of, kit.Percent(r.Accuracy))
	}
	must.M(os.WriteFile(filepath.Join(b.here, "accuracy", name+".json"), append(must.M1(json.MarshalIndent(s, "", " ")), '\n'), 0o644))
}

// accuracyTable shows the studies that are kept, the seeds of each in one row.
func accuracyTable(folder string) string {
	var kept [][]Study
	for _, path := range must.M1(filepath.Glob(filepath.Join(folder, "*.json"))) {
		var s Study
		must.M(json.Unmarshal(must.M1(os.ReadFile(path)), &s))
		if last := len(kept) - 1; last >= 0 && kept[last][0].About == s.About {
			kept[last] = append(kept[last], s)
		} else {
			kept = append(kept, []Study{s})
		}
	}
	rows := [][]string{{"study", "about", "seeds", "epochs", "validation", "test", "processors", "minutes"}}
	for _, studies := range kept {
		var seeds []uint64
		var validation, test [][]Reading
		seconds := 0.0
		for _, s := range studies {
			seeds, seconds = append(seeds, s.Seeds...), seconds+s.Seconds
			validation, test = append(validation, s.Validation), append(test, s.Test)
		}
		s := studies[0]
		rows = append(rows, []string{s.Model, s.About, strings.Trim(fmt.Sprint(seeds), "[]"), fmt.Sprint(s.Epochs), readings(validation), readings(test),
			fmt.Sprintf("%d of %s", s.Processors, s.CPU), number(seconds / 60 / float64(len(studies)))})
	}
	return "\n### Accuracy\n\nWrong answers of whole trainings on MNIST: of one seed, or of several together, with the 95 % interval of the accuracy " +
		"(Wilson's); of several seeds, each alone, with the mean and the standard deviation. *Shifted*: the mean of the answers for each image moved by up to a pixel.\n\n" + table(rows)
}

// readings says how many were wrong: by one seed, with the 95 % interval of the accuracy, or by each of several that were read.
func readings(seeds [][]Reading) string {
	seeds = slices.DeleteFunc(seeds, func(list []Reading) bool { return list == nil })
	if len(seeds) == 0 {
		return ""
	}
	var said []string
	for i, r := range seeds[0] {
		n, p, z := float64(r.Of), r.Accuracy, 1.96
		middle, half := (p+z*z/(2*n))/(1+z*z/n), z/(1+z*z/n)*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
		text := fmt.Sprintf("%d of %s, %.2f %% (%.2f–%.2f)", r.Wrong, show.Count(r.Of), 100*p, 100*(middle-half), 100*(middle+half))
		if len(seeds) > 1 {
			var wrong, squares []float64
			for _, list := range seeds {
				wrong = append(wrong, float64(list[i].Wrong))
			}
			m, several := mean(wrong), float64(len(wrong))
			for _, w := range wrong {
				squares = append(squares, (w-m)*(w-m))
			}
			deviation := math.Sqrt(mean(squares) * several / (several - 1))
			text = fmt.Sprintf("%s of %s, mean %.1f, %.2f %% ± %.2f", strings.Trim(fmt.Sprint(wrong), "[]"), show.Count(r.Of), m, 100*(1-m/n), 100*deviation/n)
		}
		if r.Shift > 0 {
			text = "shifted: " + text
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}

// git is what git says in the checkout.
func (b *bench) git(args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	return strings.TrimSpace(string(must.M1(cmd.Output())))
}
