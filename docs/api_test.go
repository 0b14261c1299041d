package docs_test

import (
	"flag"
	"fmt"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write api.txt anew")

// unnamed are results to which the compiler gave names.
var unnamed = regexp.MustCompile(`#rv\d+ `)

// TestAPI compares what the kit exports with api.txt. After a change that is
// meant: go test ./docs -run API -update
func TestAPI(t *testing.T) {
	k := kit(t)
	var lines []string
	for _, p := range k.list {
		loaded, err := k.Import(p.path)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, api(loaded)...)
	}
	slices.Sort(lines)
	got := unnamed.ReplaceAllString(strings.Join(lines, "\n"), "") + "\n"
	if *update {
		if err := os.WriteFile("api.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("api.txt")
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); err != nil || diff != "" {
		t.Errorf("the public API is not the one of docs/api.txt (%v); if that is meant, run: go test ./docs -run API -update\n%s", err, diff)
	}
}

// api lists the exported names of a package with their types, each on a line.
func api(p *types.Package) (lines []string) {
	own := strings.TrimPrefix(strings.TrimPrefix(p.Path(), kitPath), "/")
	if own == "" {
		own = "kit"
	}
	add := func(format string, args ...any) { lines = append(lines, own+": "+fmt.Sprintf(format, args...)) }
	short := func(other *types.Package) string {
		if other == p {
			return ""
		}
		return other.Name()
	}
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		typeName, isType := object.(*types.TypeName)
		if !isType || typeName.IsAlias() {
			add("%s", types.ObjectString(object, short))
			continue
		}
		switch u := object.Type().Underlying().(type) {
		case *types.Struct:
			add("type %s struct", name)
			for _, f := range fields(u) {
				add("type %s struct, %s %s", name, f.Name(), types.TypeString(f.Type(), short))
			}
		default:
			add("type %s %s", name, types.TypeString(u, short))
		}
		if types.IsInterface(object.Type()) {
			continue
		}
		methods := types.NewMethodSet(types.NewPointer(object.Type()))
		for m := range methods.Methods() {
			if m.Obj().Exported() {
				signature := strings.TrimPrefix(types.TypeString(m.Type(), short), "func")
				add("method (%s) %s%s", name, m.Obj().Name(), signature)
			}
		}
	}
	return lines
}

// fields are the exported fields of a struct, those of embedded structs whose
// names are not exported too.
func fields(s *types.Struct) (list []*types.Var) {
	for f := range s.Fields() {
		inner, isStruct := f.Type().Underlying().(*types.Struct)
		switch {
		case f.Exported():
			list = append(list, f)
		case f.Embedded() && isStruct:
			list = append(list, fields(inner)...)
		}
	}
	return list
}
