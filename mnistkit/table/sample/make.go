//go:build ignore

// Make writes the embedded tables:
//
//	go run ./sample/make.go cars.json autompg.csv.gz iris.csv
//
// cars.json is data/cars.json of vega-datasets (npm), autompg.csv.gz is
// mlxtend/data/data/autompg.csv.gz of mlxtend (PyPI), iris.csv is
// sklearn/datasets/data/iris.csv of scikit-learn (PyPI). ATTRIBUTION.md says
// why Auto MPG needs two.
package main

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"

	"github.com/janpfeifer/must"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("give the paths of cars.json, autompg.csv.gz and iris.csv")
	}
	packed := must.M1(gzip.NewReader(must.M1(os.Open(os.Args[2]))))
	complete := must.M1(csv.NewReader(packed).ReadAll())
	write("sample/auto-mpg.csv", 398, cars(must.M1(os.ReadFile(os.Args[1])), complete))
	write("sample/iris.csv", 150, iris(must.M1(csv.NewReader(must.M1(os.Open(os.Args[3]))).ReadAll())))
}

// cars are the rows with an mpg, as UCI has them. complete are the 392 rows with
// horsepower, in the order of UCI's file: cylinders, displacement, horsepower,
// weight, acceleration, model year, origin, name, mpg. The model years come from
// them: cars.json writes 1982 for 1981 as well.
func cars(text []byte, complete [][]string) [][]string {
	var list []map[string]any
	must.M(json.Unmarshal(text, &list))
	out := [][]string{{"mpg", "cylinders", "displacement", "horsepower", "weight", "acceleration", "model year", "origin", "name"}}
	origins := map[string]string{"1": "USA", "2": "Europe", "3": "Japan"}
	next := 0
	for _, car := range list {
		if car["Miles_per_Gallon"] == nil {
			continue
		}
		var row []string
		for _, name := range []string{"Miles_per_Gallon", "Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration"} {
			row = append(row, fmt.Sprint(car[name]))
		}
		origin, name, year := car["Origin"].(string), car["Name"].(string), complete[next][5] // rows lie in the order of the years
		if car["Horsepower"] == nil {
			if complete[next-1][5] != year {
				log.Fatalf("the model year of %v is not decided: %s or %s", row, complete[next-1][5], year)
			}
			row[3] = "?"
		} else {
			var twin []string
			for _, k := range []int{8, 0, 1, 2, 3, 4} {
				twin = append(twin, fmt.Sprint(must.M1(strconv.ParseFloat(complete[next][k], 64))))
			}
			made := car["Year"].(string)[2:4]
			if !slices.Equal(row, twin) || origin != origins[complete[next][6]] || made != year && !(made == "82" && year == "81") {
				log.Fatalf("the packages disagree: %v and %v", car, complete[next])
			}
			name = complete[next][7]
			next++
		}
		out = append(out, append(row, year, origin, name))
	}
	if next != len(complete) {
		log.Fatalf("%d rows with horsepower instead of %d", next, len(complete))
	}
	return out
}

// iris has the species in words, which are in the first row.
func iris(rows [][]string) [][]string {
	species := rows[0][2:]
	out := [][]string{{"sepal length", "sepal width", "petal length", "petal width", "species"}}
	for _, row := range rows[1:] {
		out = append(out, append(row[:4:4], species[must.M1(strconv.Atoi(row[4]))]))
	}
	return out
}

func write(path string, n int, rows [][]string) {
	if len(rows)-1 != n {
		log.Fatalf("%s: %d rows instead of %d", path, len(rows)-1, n)
	}
	file := must.M1(os.Create(path))
	must.M(csv.NewWriter(file).WriteAll(rows))
	must.M(file.Close())
}
