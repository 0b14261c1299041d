package table_test

import (
	"fmt"

	"gonblabs/mnistkit/table"
)

func ExampleRecipe_Describe() {
	d, err := table.AutoMPG().OneHot("origin").DropMissing().Holdout(0.2).Describe()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Rows, "rows:", d.Train[0], "to train,", d.Validation[0], "to validate,", d.Test[0], "to test")
	fmt.Println(d.Notice)
	for _, name := range d.Features {
		fmt.Println(name)
	}
	// Output:
	// 398 rows: 250 to train, 63 to validate, 79 to test
	// auto-mpg: column "horsepower" has 6 missing values (rows 33, 127, 331, 337, 355 and 375); 6 of 398 rows are left out
	// cylinders
	// displacement
	// horsepower
	// weight
	// acceleration
	// model year
	// origin=Europe
	// origin=Japan
	// origin=USA
}

func ExampleRecipe_Encode() {
	set, err := table.Iris().Encode(table.Row{"sepal length": 5.1, "sepal width": 3.3, "petal length": 1.7, "petal width": 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Inputs.Shape, set.Inputs.F32, set.Classes)
	// Output: [4] [5.1 3.3 1.7 0.5] [setosa versicolor virginica]
}

func ExampleRecipe_ID() {
	id, err := table.Iris().Holdout(0.2).ID()
	fmt.Println(id, err)
	// Output:
	// table iris(dad19dc3817625a5):target species:test:stratified(0.2,seed 0):validation:stratified(0.2,seed 0) <nil>
}
