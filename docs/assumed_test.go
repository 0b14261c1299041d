package docs_test

// assumed are the names that pages and doc comments use and do not declare:
// by page or package, the names of each type. A capital means a type.
var assumed = map[string]map[string]string{
	"architecture.md": {
		"session.Epoch":   "Epoch",
		"session.Partial": "Partial",
		"session.Weight":  "Weight",
	},
	"exchange.md": {"kit.Run": "lenet", "layer.Stack": "model", "data.Recipe": "digits"},
	"serving.md":  {"kit.Run": "lenet"},
	"cluster.md":  {"kit.Run": "mlp", "kit.Sweep": "rates"},
	"data.md": {
		"func(pipeline.Row) bool":                      "complete",
		"func(pipeline.Row) (pipeline.Example, error)": "example",
	},

	"doc comments": {
		"kit.Run":           "mlp lenet fresh dnn sentiment wrong",
		"kit.Sweep":         "rates seeds",
		"kit.Loop":          "line",
		"kit.History":       "h",
		"*kit.Set":          "train validation test mine set",
		"data.Recipe":       "digits leaky",
		"text.Recipe":       "reviews",
		"table.Recipe":      "cars flowers",
		"score.Predictions": "predictions answers a b c",
	},
	"mnistkit": {
		"embed.FS":  "files",
		"float64":   "accuracy",
		"[]float64": "x y",
	},
	"training": {"kit.Run": "model", "session.Recipe": "recipe", "[]session.Weight": "weights", "context.Context": "ctx", "*training.Server": "server",
		"image.Image": "picture", "*kit.Set": "set", "embed.FS": "files"},
	"chart": {
		"data.Description": "d",
		"[]float64":        "mpg weight x y",
		"[]string":         "names",
		"[]int32":          "class",
	},
	"data": {
		"data.Array":            "images answers a labels",
		"data.Chunks":           "chunks",
		"map[string]data.Array": "arrays",
		"[]byte":                "contents pixels",
		"int":                   "epoch",
		"io.Reader":             "r",
		"io.Writer":             "w file",
		"string":                "archive",
	},
	"fit":      {"fit.Job": "job"},
	"runs":     {"embed.FS": "files"},
	"picture":  {"image.Image": "img"},
	"exchange": {"session.Recipe": "recipe", "[]session.Weight": "weights found wanted"},
	"engine": {
		"import":                                   "github.com/gomlx/gomlx/core/graph github.com/gomlx/gomlx/ml/model",
		"*graph.Node":                              "x y",
		"*model.Scope":                             "scope",
		"func(x, y *graph.Node) *graph.Node":       "product",
		"func(x *graph.Node) *graph.Node":          "f",
		"func(w, b, x *graph.Node) *graph.Node":    "line",
		"func(w, b, x, y *graph.Node) *graph.Node": "loss",
		"*engine.Value":                            "v",
		"session.Recipe":                           "recipe",
		"int":                                      "inputs units",
		"float32":                                  "w",
	},
	"compiled": {"string": "dir"},
	"files": {
		"[]byte":          "contents",
		"context.Context": "ctx",
	},
	"fetch": {
		"context.Context":      "ctx",
		"func(fetch.Progress)": "report",
	},
	"layer": {"layer.Stack": "stack"},
	"pipeline": {
		"pipeline.Pipeline[string]":           "lines",
		"pipeline.Pipeline[pipeline.Row]":     "table",
		"pipeline.Pipeline[pipeline.Example]": "examples",
	},
	"score": {
		"score.Predictions": "mlp lenet",
		"score.MistakeList": "list",
	},
	"session": {
		"session.Session": "s",
		"session.Partial": "partial",
		"session.Recipe":  "recipe",
		"string":          "root",
		"layer.Stack":     "model",
		"func(session.Recipe) (session.Session, error)": "open",
	},
	"show": {
		"show.Table": "table t",
		"show.Block": "figure",
		"[][]string": "rows",
	},
	"table": {
		"table.Encoder": "e",
		"io.Reader":     "file",
		"[]byte":        "text",
		"*table.Table":  "rows",
	},
	"text": {
		"[][]int32":        "encoded",
		"*text.Vocabulary": "v",
		"[]string":         "texts",
	},
}
