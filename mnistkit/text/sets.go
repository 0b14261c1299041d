package text

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/internal/quote"
)

func classes() []string { return []string{"negative", "positive"} }

// ID identifies texts, vocabulary, form and split.
//
//	id, err := reviews.ID() // "imdb:full:10000 words:256 post pre:holdout(0.4,seed 0)"
func (r Recipe) ID() (string, error) {
	p, err := r.find()
	if err != nil {
		return "", err
	}
	return "imdb:" + p.kind + r.suffix() + r.Split.Suffix(), nil
}

// Bundled says whether the bundled sentences were found, and not the full data.
//
//	if reviews.Bundled() { … }
func (r Recipe) Bundled() bool {
	found, err := r.find() // whoever reads the texts tells what is wrong with them
	return err == nil && found.file == ""
}

// Form says what Train and Validation return, without reading any text.
//
//	form, err := reviews.Form()
func (r Recipe) Form() (data.Form, error) {
	found, err := r.find()
	if err != nil {
		return data.Form{}, err
	}
	rest, held, err := r.divide(len(found.train.labels))
	if err != nil {
		return data.Form{}, err
	}
	rows, err := r.rows(nil)
	return data.Form{Shape: rows.Shape, Inputs: rows.DType(), Labels: "int32", Train: len(rest), Validation: len(held),
		Classes: classes(), Encoding: r.encoding(found.kind), Notice: found.notice}, err
}

func (r Recipe) divide(n int) (rest, held []int32, err error) {
	if rest, held, err = r.Split.Divide(n, nil); err != nil {
		err = fmt.Errorf("imdb: %w", err)
	}
	return rest, held, err
}

// Train returns the training set, without the validation examples.
//
//	train, err := reviews.Train()
func (r Recipe) Train() (*data.Set, error) { return r.read("train") }

// Validation returns the validation set; nil without a Holdout.
//
//	validation, err := reviews.Validation()
func (r Recipe) Validation() (*data.Set, error) { return r.read("validation") }

// Test returns the test set.
//
//	test, err := reviews.Test()
func (r Recipe) Test() (*data.Set, error) { return r.read("test") }

// InChunks gives Train ("train") or Validation ("validation") of a recipe, some
// texts at a time; without a Holdout there are none of "validation".
//
//	chunks, err := text.InChunks(reviews, "train")
//
// The texts' numbers are in memory meanwhile, their rows are not. It is no
// method, so that a type that embeds a Recipe does not get it.
func InChunks(r Recipe, name string) (data.Chunks, error) {
	if name != "train" && name != "validation" {
		return data.Chunks{}, fmt.Errorf("imdb: the subset %q is not known; name \"train\" or \"validation\"", name)
	}
	o, err := r.open()
	if err != nil {
		return data.Chunks{}, err
	}
	half, indices, err := o.subset(name)
	read := func(some []int32) (*data.Set, error) { return o.set(name, half, some) }
	return data.ChunksOf(indices, cmp.Or(r.Length, r.Words), read), err
}

func (r Recipe) read(name string) (*data.Set, error) {
	o, err := r.open()
	if err != nil {
		return nil, err
	}
	half, indices, err := o.subset(name)
	if err != nil || indices == nil {
		return nil, err
	}
	s, err := o.set(name, half, indices)
	if err != nil {
		return nil, err
	}
	id := s.Name + ":" + o.kind + r.suffix()
	if name != "test" {
		id += r.Split.Suffix()
	}
	return s.Identified(id), nil
}

// opened is a recipe with its texts read.
type opened struct {
	Recipe
	corpus
}

func (r Recipe) open() (o opened, err error) {
	o.Recipe = r
	if o.corpus, err = r.find(); err == nil {
		err = o.load()
	}
	return o, err
}

// subset finds the texts of "train", "validation" or "test".
func (o opened) subset(name string) (h half, indices []int32, err error) {
	if name == "test" {
		all, _, err := data.Split{}.Divide(len(o.test.labels), nil)
		return o.test, all, err
	}
	rest, held, err := o.divide(len(o.train.labels))
	if name == "validation" {
		rest = held
	}
	return o.train, rest, err
}

// set holds the texts at indices of a half.
func (o opened) set(name string, h half, indices []int32) (*data.Set, error) {
	texts := make([][]int32, len(indices))
	for i, at := range indices {
		texts[i] = h.text(int(at), o.Words)
	}
	inputs, err := o.rows(texts)
	return &data.Set{Name: "imdb/" + name, Inputs: inputs, Labels: h.labelsAt(indices), Classes: classes(), Index: indices,
		Notice: o.notice, Encoding: o.encoding(o.kind)}, err
}

func (r Recipe) rows(texts [][]int32) (data.Array, error) {
	if r.Length == 0 {
		return MultiHot(texts, r.Words)
	}
	return Pad(texts, r.Length, r.Padding, r.Truncate)
}

// Lexicon is the recipe's vocabulary, to encode and decode texts with.
//
//	words := must.M1(reviews.Lexicon())
//	words.Decode(train.Inputs.I32[:256])
func (r Recipe) Lexicon() (*Vocabulary, error) {
	e, err := r.Encoder()
	return ofWords(e.Words), err
}

// Encode makes a set of your own texts, to be predicted; it has no labels.
//
//	mine, err := reviews.Encode("What a film!", "Two hours of my life that I want back.")
func (r Recipe) Encode(texts ...string) (*data.Set, error) {
	e, err := r.Encoder()
	if err != nil {
		return nil, err
	}
	return e.Encode(texts...)
}

// Encoder turns texts into a model's inputs as those of its training were turned.
// It is plain data and marshals to JSON: a model keeps it, and needs the reviews no
// more.
type Encoder struct {
	Recipe Recipe   `json:"recipe"`
	Source string   `json:"source"` // of the vocabulary: "full", "sample" or a hash
	Words  []string `json:"words"`  // the vocabulary, without padding and unknown
}

// Encoder is what turns the recipe's texts into inputs.
//
//	e, err := reviews.Encoder() // e.Words
func (r Recipe) Encoder() (Encoder, error) {
	o, err := r.open()
	if err != nil {
		return Encoder{}, err
	}
	r.Dir = "" // where the reviews lie is nobody's concern
	return Encoder{Recipe: r, Source: o.kind, Words: slices.Clone(o.words[:min(len(o.words), r.Words-2)])}, nil
}

// Encode makes a set of texts, without labels.
//
//	mine, err := must.M1(reviews.Encoder()).Encode("What a film!")
func (e Encoder) Encode(texts ...string) (*data.Set, error) {
	if len(texts) == 0 {
		return nil, fmt.Errorf("imdb: Encode was given no text; give at least one")
	}
	v := ofWords(e.Words)
	encoded := make([][]int32, len(texts))
	for i, t := range texts {
		if encoded[i] = v.Encode(plain(t)); len(encoded[i]) == 0 {
			return nil, quote.Errorf("imdb: text %d (%q) has no words; write at least one", i, t)
		}
	}
	inputs, err := e.Recipe.rows(encoded)
	return &data.Set{Name: "own texts", Inputs: inputs, Classes: classes(), Encoding: e.Recipe.encoding(e.Source)}, err
}

// Texts are the examples of a set in words, as far as its rows keep them.
//
//	must.M1(reviews.Texts(test.First(3)))
func (r Recipe) Texts(s *data.Set) ([]string, error) {
	if s.Inputs.I32 == nil {
		return nil, fmt.Errorf("imdb: the rows of %q do not keep the order of words; make them with Padded", s.Name)
	}
	v, err := r.Lexicon()
	if err != nil {
		return nil, err
	}
	list := make([]string, s.Len())
	for i := range list {
		list[i] = v.Decode(s.Inputs.Slice(i, i+1).I32)
	}
	return list, nil
}

// Describe says what the texts are, where they were found, and how many of
// each class there are.
//
//	kit.Show(reviews.Describe())
func (r Recipe) Describe() (data.Description, error) {
	o, err := r.open()
	if err != nil {
		return data.Description{}, err
	}
	rows, err := r.rows(nil)
	if err != nil {
		return data.Description{}, err
	}
	d := data.Description{
		Name: "imdb", Title: "IMDB film reviews", Source: "A. Maas, R. Daly, P. Pham, D. Huang, A. Ng, C. Potts, 2011", Licence: "for research; cite the authors",
		Found: o.file, Notice: o.notice, Shape: rows.Shape, DType: rows.DType(), Max: float64(r.Words - 1), Classes: classes(),
	}
	if o.file == "" {
		d.Title, d.Found = "Sentences from film reviews", "bundled sample"
		d.Source, d.Licence = "B. Pang, L. Lee 2005; rated for VADER by C. Hutto, E. Gilbert 2014", "MIT"
	}
	if r.Length == 0 {
		d.Max = 1
	}
	for name, counts := range map[string]*[]int{"train": &d.Train, "validation": &d.Validation, "test": &d.Test} {
		half, indices, err := o.subset(name)
		if err != nil {
			return d, err
		}
		if indices != nil {
			*counts = (&data.Set{Labels: half.labelsAt(indices), Classes: classes()}).Counts()
		}
	}
	return d, nil
}
