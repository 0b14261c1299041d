package layer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonblabs/mnistkit/layer"
)

func TestCode(t *testing.T) {
	for _, c := range []struct {
		layer layer.Layer
		want  string
	}{
		{layer.Flatten(), "Flatten()"},
		{layer.Rescale(1.0 / 255), "Rescale(1.0 / 255)"},
		{layer.Dense(128).ReLU(), "Dense(128).ReLU()"},
		{layer.ReLU(), "ReLU()"},
		{layer.Dense(16).Tanh().Init("he_normal").L2(0.001).NoBias(), `Dense(16).Activation("tanh").Init("he_normal").L2(0.001).NoBias()`},
		{layer.Conv2D(32, 5).Stride(2).Same().ReLU(), "Conv2D(32, 5).Stride(2).Same().ReLU()"},
		{layer.BatchNorm().Momentum(0), "BatchNorm().Momentum(0)"},
		{layer.Embedding(10_000, 16).MaskZero(), "Embedding(10000, 16).MaskZero()"},
		{layer.Residual(layer.Dense(3), layer.ReLU()), "Residual(Dense(3), ReLU())"},
		{layer.Parallel(layer.Stack{layer.Dense(3)}, layer.Stack{layer.Dense(3)}).Add(), "Parallel(Stack{Dense(3)}, Stack{Dense(3)}).Add()"},
		{layer.RescaleLayer{Scale: 0.5, Offset: -1}, "RescaleLayer{Scale: 0.5, Offset: -1}"},
		{layer.CustomLayer{Name: "mine"}, `engine.Layer("mine", …)`},
	} {
		if got := layer.Code(c.layer); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// Of every kind of layer the code compiles, and makes the same layer again.
func TestCodeCompiles(t *testing.T) {
	var stack layer.Stack
	var codes []string
	seen := map[string]bool{"Custom": true} // the function is in the program, not in the layer
	for _, l := range append(everyLayer[:len(everyLayer):len(everyLayer)], layer.Parallel(layer.Stack{layer.Dense(3)}, layer.Stack{}).Add(), layer.Parallel(),
		layer.MaxPoolLayer{Pooling: layer.Pooling{Pool: [2]int{2, 3}}}, layer.Conv2DLayer{Filters: 2, Kernel: [2]int{3, 5}, Weighted: layer.Weighted{L1: 0.5}}) {
		seen[l.Kind()] = true
		if l.Kind() != "Custom" {
			stack, codes = append(stack, l), append(codes, layer.Code(l))
		}
	}
	for _, kind := range layer.Kinds() {
		if !seen[kind] {
			t.Errorf("everyLayer has no %s", kind)
		}
	}
	want, err := json.Marshal(stack)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	program := fmt.Sprintf("package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n\n\t. \"gonblabs/mnistkit/layer\"\n)\n\n"+
		"func main() {\n\tb, _ := json.Marshal(Stack{%s})\n\tos.Stdout.Write(b)\n}\n", strings.Join(codes, ", "))
	if err := os.WriteFile(file, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := exec.Command("go", "run", file).CombinedOutput(); err != nil || string(got) != string(want) {
		t.Errorf("%v\n%s\nwant\n%s\nfrom\n%s", err, got, want, strings.Join(codes, "\n"))
	}
}

// TestBranchesAreCopies: a list of layers that is changed and given again makes another block, and leaves the first.
func TestBranchesAreCopies(t *testing.T) {
	block, stacks := layer.Stack{layer.Dense(3)}, []layer.Stack{{layer.Dense(3)}, {}}
	residual, parallel := layer.Residual(block...), layer.Parallel(stacks...)
	block[0], stacks[0] = layer.Dense(4), layer.Stack{layer.Dense(4)}
	for _, l := range []layer.Layer{residual, parallel} {
		if code := layer.Code(l); strings.Contains(code, "4") {
			t.Errorf("%s was changed afterwards", code)
		}
	}
}
