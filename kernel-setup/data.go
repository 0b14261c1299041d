package main

import (
	"fmt"
	"os"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/data/fetch"
	"gonblabs/mnistkit/text"
)

// usedData tells which data sets a notebook uses: kit.FashionMNIST() means fashion-mnist.
func usedData(notebook string) []string {
	contents, err := os.ReadFile(notebook)
	if err != nil {
		return nil
	}
	source := strings.ToLower(string(contents))
	var used []string
	for _, name := range fetch.Names() {
		if strings.Contains(source, "kit."+strings.ReplaceAll(name, "-", "")+"(") {
			used = append(used, name)
		}
	}
	return used
}

// describeData says in a line what a notebook that uses the named sets finds.
func describeData(names []string) string {
	var all []string
	for _, name := range names {
		found, err := describe(name)
		switch {
		case err != nil:
			all = append(all, name)
		case found.Notice == "":
			all = append(all, fmt.Sprintf("%s, complete", found.Title))
		default:
			all = append(all, fmt.Sprintf("%s, %s", found.Title, found.Found))
		}
	}
	return strings.Join(all, "; ")
}

// describe finds a data set, whatever its kind.
func describe(name string) (data.Description, error) {
	if name == "imdb" {
		return text.IMDB().Describe()
	}
	return data.Recipe{Dataset: name}.Describe()
}
