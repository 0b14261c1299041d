package text

import (
	"cmp"
	"fmt"
	"slices"

	"gonblabs/mnistkit/data"
)

var classes = []string{"negative", "positive"}

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

// Form says what Train and Validation return, without reading any text.
//
//	form, err := reviews.Form()
func (r Recipe) Form() (data.Form, error) {
	p, err := r.find()
	if err != nil {
		return data.Form{}, err
	}
	rest, held, err := r.Split.Divide(p.counts[0], nil)
	if err != nil {
		return data.Form{}, fmt.Errorf("imdb: %w", err)
	}
	f := data.Form{Shape: []int{r.Length}, Inputs: "int32", Labels: "int32", Train: len(rest), Validation: len(held), Classes: classes, Encoding: r.encoding(p.kind), Notice: p.notice}
	if r.Length == 0 {
		f.Shape, f.Inputs = []int{r.Words}, "uint8"
	}
	return f, nil
}

// Train returns the training set, without the validation examples.
//
//	train, err := reviews.Train()
func (r Recipe) Train() (*data.Set, error) { return r.read("train") }

// Validation returns the validation set; nil without a Holdout.
//
//	validation, err := reviews.Validation()
func (r Recipe) Validation() (*data.Set, error) {
	if r.Split.Kind == "" {
		return nil, r.check()
	}
	return r.read("validation")
}

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
	if name == "validation" && r.Split.Kind == "" {
		return (&data.Set{}).Chunks(), r.check()
	}
	c, err := r.subset(name)
	if err != nil {
		return data.Chunks{}, err
	}
	return data.Chunks{N: len(c.indices), Each: func(yield func(*data.Set, error) bool) {
		for indices := range slices.Chunk(c.indices, data.ChunkLen(cmp.Or(r.Length, r.Words))) {
			chunk, err := c.set(indices)
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}}, nil
}

func (r Recipe) read(name string) (*data.Set, error) {
	c, err := r.subset(name)
	if err != nil {
		return nil, err
	}
	s, err := c.set(c.indices)
	if err != nil {
		return nil, err
	}
	id := s.Name + ":" + c.kind + r.suffix()
	if name != "test" {
		id += r.Split.Suffix()
	}
	return s.Identified(id), nil
}

// subset is "train", "validation" or "test" of a recipe.
type subset struct {
	half
	recipe       Recipe
	name         string
	kind, notice string
	indices      []int32
}

// subset finds the texts of "train", "validation" or "test".
func (r Recipe) subset(name string) (subset, error) {
	p, err := r.find()
	if err != nil {
		return subset{}, err
	}
	corpus, err := p.corpus()
	if err != nil {
		return subset{}, err
	}
	c := subset{half: corpus.train, recipe: r, name: name, kind: p.kind, notice: p.notice}
	if name == "test" {
		c.half = corpus.test
		c.indices, _, err = data.Split{}.Divide(c.len(), nil) // all
		return c, err
	}
	rest, held, err := r.Split.Divide(c.len(), nil)
	if err != nil {
		return subset{}, fmt.Errorf("imdb: %w", err)
	}
	if c.indices = rest; name == "validation" {
		c.indices = held
	}
	return c, nil
}

// set holds the texts at the indices.
func (c subset) set(indices []int32) (*data.Set, error) {
	texts := make([][]int32, len(indices))
	labels := make([]int32, len(indices))
	for i, at := range indices {
		texts[i], labels[i] = c.text(int(at), c.recipe.Words), c.labels[at]
	}
	s := &data.Set{Name: "imdb/" + c.name, Labels: data.Array{Shape: []int{}, I32: labels}, Classes: classes, Index: indices, Notice: c.notice, Encoding: c.recipe.encoding(c.kind)}
	var err error
	s.Inputs, err = c.recipe.rows(texts)
	return s, err
}

// rows are texts in the recipe's form.
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
	p, err := r.find()
	if err != nil {
		return nil, err
	}
	c, err := p.corpus()
	if err != nil {
		return nil, err
	}
	return ofWords(c.words[:min(len(c.words), r.Words-2)]), nil
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
	p, err := r.find()
	if err != nil {
		return Encoder{}, err
	}
	v, err := r.Lexicon()
	if err != nil {
		return Encoder{}, err
	}
	r.Dir = "" // where the reviews lie is nobody's concern
	return Encoder{Recipe: r, Source: p.kind, Words: v.words}, nil
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
			return nil, fmt.Errorf("imdb: text %d (%q) has no words; write at least one", i, t)
		}
	}
	s := &data.Set{Name: "own texts", Classes: classes, Encoding: e.Recipe.encoding(e.Source)}
	var err error
	s.Inputs, err = e.Recipe.rows(encoded)
	return s, err
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
	size := s.Inputs.Size()
	for i := range list {
		list[i] = v.Decode(s.Inputs.I32[i*size : (i+1)*size])
	}
	return list, nil
}

// Describe says what the texts are, where they were found, and how many of
// each class there are.
//
//	kit.Show(must.M1(reviews.Describe()))
func (r Recipe) Describe() (data.Description, error) {
	p, err := r.find()
	if err != nil {
		return data.Description{}, err
	}
	c, err := p.corpus()
	if err != nil {
		return data.Description{}, err
	}
	f, err := r.Form()
	if err != nil {
		return data.Description{}, err
	}
	rest, held, err := r.Split.Divide(c.train.len(), nil)
	if err != nil {
		return data.Description{}, fmt.Errorf("imdb: %w", err)
	}
	d := data.Description{
		Name: "imdb", Title: "IMDB film reviews", Source: "A. Maas, R. Daly, P. Pham, D. Huang, A. Ng, C. Potts, 2011", Licence: "for research; cite the authors",
		Found: p.file, Notice: p.notice, Shape: f.Shape, DType: f.Inputs, Max: float64(r.Words - 1), Classes: classes,
		Train: count(c.train.labels, rest), Test: count(c.test.labels, nil),
	}
	if p.file == "" {
		d.Title, d.Found = "Sentences from film reviews", "bundled sample"
		d.Source, d.Licence = "B. Pang, L. Lee 2005; rated for VADER by C. Hutto, E. Gilbert 2014", "MIT"
	}
	if r.Length == 0 {
		d.Max = 1
	}
	if r.Split.Kind != "" {
		d.Validation = count(c.train.labels, held)
	}
	return d, nil
}

// count counts the labels at the indices; nil is all.
func count(labels, indices []int32) []int {
	out := make([]int, len(classes))
	if indices == nil {
		for _, l := range labels {
			out[l]++
		}
	}
	for _, i := range indices {
		out[labels[i]]++
	}
	return out
}
