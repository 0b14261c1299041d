package chart

import (
	"fmt"
	"slices"
	"strings"

	"gonblabs/mnistkit/layer"
)

// settings are what is special about a layer, as in "6 filters 5×5, same, relu".
func settings(l layer.Layer) string {
	switch l := l.(type) {
	case layer.DenseLayer:
		return list(plural(l.Units, "unit"), weighted(l.Weighted))
	case layer.Conv2DLayer:
		return list(plural(l.Filters, "filter")+" "+sides(l.Kernel), window(l.Window(), [2]int{1, 1}), weighted(l.Weighted))
	case interface{ Window() layer.Window }: // a pool
		return list(sides(l.Window().Size), window(l.Window(), l.Window().Size))
	case layer.EmbeddingLayer:
		return list(plural(l.Words, "word"), plural(l.Size, "value"), textIf(l.Mask, "0 is padding"))
	case layer.ActivationLayer:
		return l.Name
	case layer.RandomTranslationLayer:
		return list(fmt.Sprintf("by up to %g × %g of the image", l.Height, l.Width), outside(l.FillMode))
	case layer.RandomRotationLayer:
		return list(fmt.Sprintf("by up to %.3g degrees", 360*l.Factor), outside(l.FillMode))
	case layer.RandomZoomLayer:
		return list(fmt.Sprintf("by up to %g", l.Height)+textIf(l.Width != 0, " × %g", l.Width), outside(l.FillMode))
	case layer.RandomElasticTransformLayer:
		return list(fmt.Sprintf("alpha %g, sigma %g", l.Alpha, l.Sigma), outside(l.FillMode))
	case layer.DropoutLayer:
		return fmt.Sprintf("rate %g", l.Rate)
	case layer.RescaleLayer:
		return rescaling(l)
	case layer.AddLayer:
		return plural(len(l.Branches), "input")
	case layer.ConcatenateLayer:
		return plural(len(l.Branches), "input")
	case layer.CustomLayer:
		return l.Name
	}
	return ""
}

// list joins the settings that there are.
func list(settings ...string) string {
	return strings.Join(slices.DeleteFunc(settings, func(s string) bool { return s == "" }), ", ")
}

// outside is a fill mode that is not the default.
func outside(f layer.FillMode) string {
	return textIf(f.Fills() != "constant", "%s outside", f.Fills())
}

// weighted are the settings of a layer with a kernel that are not the default.
func weighted(w layer.Weighted) string {
	return list(textIf(w.Activation != "linear", "%s", w.Activation), textIf(w.L1 > 0, "L1 %g", w.L1), textIf(w.L2 > 0, "L2 %g", w.L2), textIf(w.NoBias, "no bias"))
}

func window(w layer.Window, defaults [2]int) string {
	return list(textIf(w.Strides != defaults, "stride %s", sides(w.Strides)), textIf(w.Padding == "same", "same"))
}

// sides is "5×5".
func sides(s [2]int) string { return fmt.Sprintf("%d×%d", s[0], s[1]) }

// rescaling is "× 1/255", or with an offset "× 2 − 1".
func rescaling(l layer.RescaleLayer) string {
	text := fmt.Sprintf("× %.4g", l.Scale)
	if inverse := 1 / l.Scale; l.Scale > 0 && l.Scale < 1 && fmt.Sprintf("%.6g", inverse) == fmt.Sprintf("%.0f", inverse) {
		text = fmt.Sprintf("× 1/%.0f", inverse)
	}
	return text + textIf(l.Offset > 0, " + %.4g", l.Offset) + textIf(l.Offset < 0, " − %.4g", -l.Offset)
}

// shape is "28×28×6".
func shape(dims []int) string {
	if len(dims) == 0 {
		return "1"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", "×"), "[]")
}
