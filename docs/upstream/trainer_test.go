package upstream_test

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A new trainer deletes the learning rate that a callback lowered or that a
// checkpoint brought back.
func Example_learningRate() {
	backend, _ := compute.NewWithConfig("go")
	store := model.NewStore()
	scope := store.Scope(optimizer.Scope)
	optimizer.LearningRateVar(store.RootScope(), dtypes.Float32, 0.01)
	show := func() {
		if v := scope.GetVariable(optimizer.ParamLearningRate); v != nil {
			fmt.Println(v.MustValue().Value())
		} else {
			fmt.Println("no learning rate")
		}
	}
	show()
	identity := func(_ *model.Scope, x *graph.Node) *graph.Node { return x }
	train.NewTrainer(backend, store, identity, loss.MeanSquaredError, optimizer.Adam().Done(), nil, nil)
	show()
	// Output:
	// 0.01
	// no learning rate
}
