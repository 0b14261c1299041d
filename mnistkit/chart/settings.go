package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/layer"
)

// settings are what is special about a layer, as in "6 filters 5×5, same, relu".
func settings(l layer.Layer) string {
	var s []string
	switch l := l.(type) {
	case layer.DenseLayer:
		s = append([]string{plural(l.Units, "unit")}, weighted(l.Weighted)...)
	case layer.Conv2DLayer:
		s = append(s, plural(l.Filters, "filter")+" "+sides(l.Kernel))
		s = append(s, windowSettings(l.Window(), [2]int{1, 1})...)
		s = append(s, weighted(l.Weighted)...)
	case layer.MaxPoolLayer:
		s = append([]string{sides(l.Pool)}, windowSettings(l.Window(), l.Pool)...)
	case layer.AveragePoolLayer:
		s = append([]string{sides(l.Pool)}, windowSettings(l.Window(), l.Pool)...)
	case layer.EmbeddingLayer:
		s = append(s, plural(l.Words, "word"), plural(l.Size, "value"))
		if l.Mask {
			s = append(s, "0 is padding")
		}
	case layer.ActivationLayer:
		s = append(s, l.Name)
	case layer.RandomTranslationLayer:
		s = append(s, fmt.Sprintf("by up to %g × %g of the image", l.Height, l.Width), outside(l.FillMode))
	case layer.RandomRotationLayer:
		s = append(s, fmt.Sprintf("by up to %.3g degrees", 360*l.Factor), outside(l.FillMode))
	case layer.RandomZoomLayer:
		by := fmt.Sprintf("by up to %g", l.Height)
		if l.Width != 0 {
			by += fmt.Sprintf(" × %g", l.Width)
		}
		s = append(s, by, outside(l.FillMode))
	case layer.RandomElasticTransformLayer:
		s = append(s, fmt.Sprintf("alpha %g", l.Alpha), fmt.Sprintf("sigma %g", l.Sigma), outside(l.FillMode))
	case layer.DropoutLayer:
		s = append(s, fmt.Sprintf("rate %g", l.Rate))
	case layer.RescaleLayer:
		s = append(s, rescaling(l))
	case layer.AddLayer:
		s = append(s, plural(len(l.Branches), "input"))
	case layer.ConcatenateLayer:
		s = append(s, plural(len(l.Branches), "input"))
	case layer.CustomLayer:
		s = append(s, l.Name)
	}
	s = slices.DeleteFunc(s, func(part string) bool { return part == "" })
	return strings.Join(s, ", ")
}

// outside is a fill mode that is not the default.
func outside(f layer.FillMode) string {
	if f.Fills() == "constant" {
		return ""
	}
	return f.Fills() + " outside"
}

// weighted are the settings of a layer with a kernel that are not the default.
func weighted(w layer.Weighted) (s []string) {
	if w.Activation != "" && w.Activation != "linear" {
		s = append(s, w.Activation)
	}
	if w.L1 > 0 {
		s = append(s, fmt.Sprintf("L1 %g", w.L1))
	}
	if w.L2 > 0 {
		s = append(s, fmt.Sprintf("L2 %g", w.L2))
	}
	if w.NoBias {
		s = append(s, "no bias")
	}
	return s
}

func windowSettings(w layer.Window, defaults [2]int) (s []string) {
	if w.Strides != defaults {
		s = append(s, "stride "+sides(w.Strides))
	}
	if w.Padding == "same" {
		s = append(s, w.Padding)
	}
	return s
}

// sides is "5×5".
func sides(s [2]int) string { return fmt.Sprintf("%d×%d", s[0], s[1]) }

// rescaling is "× 1/255", or with an offset "× 2 − 1".
func rescaling(l layer.RescaleLayer) string {
	text := fmt.Sprintf("× %.4g", l.Scale)
	if inverse := 1 / l.Scale; l.Scale > 0 && l.Scale < 1 && fmt.Sprintf("%.6g", inverse) == fmt.Sprintf("%.0f", inverse) {
		text = fmt.Sprintf("× 1/%.0f", inverse)
	}
	switch {
	case l.Offset > 0:
		text += fmt.Sprintf(" + %.4g", l.Offset)
	case l.Offset < 0:
		text += fmt.Sprintf(" − %.4g", -l.Offset)
	}
	return text
}

// shape is "28×28×6".
func shape(dims []int) string {
	if len(dims) == 0 {
		return "1"
	}
	words := make([]string, len(dims))
	for i, d := range dims {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, "×")
}
