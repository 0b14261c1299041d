package docs_test

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var block = regexp.MustCompile("(?ms)^```go\n(.*?)^```")

// TestPages compiles every Go block of the pages as cells of a notebook, one
// notebook a page.
func TestPages(t *testing.T) {
	for _, page := range pages(t) {
		text := read(t, page)
		n := newNotebook(t, filepath.Base(page))
		for _, b := range block.FindAllStringSubmatchIndex(text, -1) {
			line := strings.Count(text[:b[2]], "\n")
			if strings.Contains(text[b[2]:b[3]], `"syscall/js"`) { // for another system; test exchange builds it
				continue
			}
			for _, problem := range n.run(text[b[2]:b[3]]) {
				t.Errorf("%s, the block after line %d: %s", page, line, problem)
			}
		}
	}
}

// pages are all Markdown pages that this project wrote.
func pages(t *testing.T) []string {
	t.Helper()
	inside, err := filepath.Glob("*.md")
	if err != nil || len(inside) == 0 {
		t.Fatal("there are no pages ", err)
	}
	return append(inside, "benchmarks/README.md", "../README.md")
}

// TestDocComments compiles the code in the doc comments of what is exported.
func TestDocComments(t *testing.T) {
	k := kit(t)
	var count int
	for _, p := range k.list {
		for _, file := range p.files {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.dir, file), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range exportedDocs(parsed) {
				for _, code := range codeOf(text) {
					n := newNotebook(t, "doc comments", p.name)
					count++
					for _, problem := range n.run(code) {
						t.Errorf("%s/%s: %s in the doc comment\n%s", p.name, file, problem, code)
					}
				}
			}
		}
	}
	if count < 200 {
		t.Errorf("only %d blocks of code were found in doc comments", count)
	}
}

// exportedDocs are the doc comments of a file that go doc shows.
func exportedDocs(file *ast.File) []string {
	ast.FileExports(file)
	list := []*ast.CommentGroup{file.Doc}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			list = append(list, d.Doc)
		case *ast.GenDecl:
			list = append(list, d.Doc)
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					list = append(list, s.Doc)
				case *ast.ValueSpec:
					list = append(list, s.Doc)
				}
			}
		}
	}
	var texts []string
	for _, group := range list {
		texts = append(texts, group.Text())
	}
	return texts
}

// codeOf are the indented blocks of a doc comment; trees of files are no code.
func codeOf(text string) (blocks []string) {
	var p comment.Parser
	for _, b := range p.Parse(text).Content {
		if code, ok := b.(*comment.Code); ok && !strings.HasPrefix(code.Text, "runs/") {
			blocks = append(blocks, code.Text)
		}
	}
	return blocks
}

// notebook remembers imports and declarations from cell to cell, as GoNB does.
type notebook struct {
	packages *packages
	imports  map[string]string // path by name
	declared map[string]string // source by name
	assumed  map[string]string // source by name, of what a page does not declare
	files    []string
}

// newNotebook has the imports that every cell may use without a word, and the
// names that are taken for granted at these places.
func newNotebook(t *testing.T, places ...string) *notebook {
	t.Helper()
	n := &notebook{packages: kit(t), imports: map[string]string{"kit": kitPath, "must": "github.com/janpfeifer/must"}, declared: map[string]string{}, assumed: map[string]string{}}
	for _, p := range n.packages.list {
		if p.path != kitPath {
			n.imports[p.name] = p.path
		}
	}
	for _, std := range []string{"bytes", "context", "embed", "fmt", "image", "io", "os", "strconv", "strings"} { // goimports adds them
		n.imports[std] = std
	}
	for _, place := range places {
		for kind, names := range assumed[place] {
			for _, name := range strings.Fields(names) {
				if kind == "import" {
					n.imports[path.Base(name)] = name
					continue
				}
				n.assumed[name] = "var " + name + " " + kind
				if name == strings.ToUpper(name[:1])+name[1:] {
					n.assumed[name] = "type " + name + " = " + kind
				}
			}
		}
	}
	return n
}

var file = regexp.MustCompile(`(?m)^package \w+$`)

var undefined = regexp.MustCompile(`// (undefined: \w+)`)

// run compiles a cell and says what is wrong with it. A cell may say itself
// what GoNB will: "// undefined: n".
func (n *notebook) run(cell string) (problems []string) {
	if file.MatchString(cell) { // the files of a page are one program
		n.files = append(n.files, cell)
		return n.check(n.files...)
	}
	var expected []string
	for _, m := range undefined.FindAllStringSubmatch(cell, -1) {
		expected = append(expected, m[1])
	}
	cell = strings.NewReplacer("{ … }", "{ panic(0) }", "{…}", "{}").Replace(cell)
	cell = strings.TrimPrefix(cell, "%noautoget\n")
	declarations, body, split := strings.Cut("\n"+cell, "\n%%")
	fresh, err := n.remember(declarations)
	if err != nil && !split {
		body, err = cell, nil
		if _, err := parser.ParseExpr("func() {" + cell + "}"); err != nil { // layers, one after the other
			body = "_ = []any{" + strings.TrimSpace(cell) + "}"
		}
	}
	if err != nil {
		return []string{err.Error()}
	}
	problems = n.check(n.program(body))
	if len(problems) > 0 { // GoNB forgets a cell that does not compile
		for _, name := range fresh {
			delete(n.declared, name)
		}
	}
	if len(expected) > 0 && slices.Equal(problems, expected) {
		return nil
	}
	return problems
}

// remember parses imports and declarations and keeps them; it returns the names
// of the declarations.
func (n *notebook) remember(source string) (names []string, err error) {
	source = "package cell\n" + source
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, 0)
	if err != nil {
		return nil, err
	}
	for _, i := range file.Imports {
		target := strings.Trim(i.Path.Value, `"`)
		name := path.Base(target)
		if i.Name != nil {
			name = i.Name.Name
		}
		n.imports[name] = target
	}
	for _, decl := range file.Decls {
		name := ""
		switch d := decl.(type) {
		case *ast.FuncDecl:
			name = d.Name.Name
			if d.Recv != nil { // two types may have methods of one name
				receiver := d.Recv.List[0].Type
				if pointer, ok := receiver.(*ast.StarExpr); ok {
					receiver = pointer.X
				}
				name = fmt.Sprint(receiver, "~", name)
			}
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					name = s.Name.Name
				case *ast.ValueSpec:
					name = s.Names[0].Name
				}
			}
		}
		if name == "_" {
			name = fmt.Sprint(name, len(n.declared))
		}
		names = append(names, name)
		n.declared[name] = source[fset.Position(decl.Pos()).Offset:fset.Position(decl.End()).Offset]
	}
	return names, nil
}

// program is the source that GoNB would build for a cell. As goimports does,
// it imports what is used.
func (n *notebook) program(body string) string {
	code := "func main() {\n" + body + "\n}\n"
	for _, name := range slices.Sorted(maps.Keys(n.declared)) {
		code += n.declared[name] + "\n"
	}
	used := namesIn(name, code)
	for _, name := range slices.Sorted(maps.Keys(n.assumed)) {
		if n.declared[name] == "" && used[name] {
			code += n.assumed[name] + "\n"
		}
	}
	head, selected := "package main\n", namesIn(selector, code)
	for _, name := range slices.Sorted(maps.Keys(n.imports)) {
		if selected[name] {
			head += fmt.Sprintf("import %s %q\n", name, n.imports[name])
		}
	}
	return head + code
}

var (
	name     = regexp.MustCompile(`\b([\pL_][\pL\pN_]*)`)
	selector = regexp.MustCompile(`\b([\pL_][\pL\pN_]*)\.[A-Z]`)
)

func namesIn(pattern *regexp.Regexp, code string) map[string]bool {
	found := map[string]bool{}
	for _, m := range pattern.FindAllStringSubmatch(code, -1) {
		found[m[1]] = true
	}
	return found
}

// check compiles a program; values and names that are not used are no problem
// here.
func (n *notebook) check(sources ...string) (problems []string) {
	var files []*ast.File
	for _, source := range sources {
		file, err := parser.ParseFile(n.packages.fset, "", source, parser.SkipObjectResolution)
		if err != nil {
			return []string{err.Error()}
		}
		files = append(files, file)
	}
	config := types.Config{Importer: n.packages, Error: func(err error) {
		if e := err.(types.Error); !e.Soft && !strings.HasSuffix(e.Msg, " is not used") && !strings.Contains(e.Msg, "unknown type") {
			problems = append(problems, e.Msg)
		}
	}}
	config.Check("main", n.packages.fset, files, nil)
	return problems
}
