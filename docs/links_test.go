package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noWord  = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
	span    = regexp.MustCompile("`[^`\n]+`")
	kitName = regexp.MustCompile(`(?:^|[^.\w])((?:kit|layer|data|text|table|pipeline|engine)\.[A-Z]\w*)`)
)

// TestLinks follows each link between pages, to its heading too.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			} else if anchor != "" && !anchors(read(t, file))[anchor] {
				t.Errorf("%s links to %s, and there is no such heading", page, m[1])
			}
		}
	}
}

// anchors are the headings of a page as they stand in links.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		found[strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return found
}

// TestNames looks up each kit.Name that a page mentions within its text.
func TestNames(t *testing.T) {
	paths := map[string]string{"kit": kitPath}
	for _, p := range kit(t).list {
		paths[p.name] = p.path
	}
	for _, page := range pages(t) {
		for _, code := range span.FindAllString(read(t, page), -1) {
			for _, m := range kitName.FindAllStringSubmatch(code, -1) {
				from, object, _ := strings.Cut(m[1], ".")
				p, err := kit(t).Import(paths[from])
				if err != nil {
					t.Fatal(err)
				}
				if p.Scope().Lookup(object) == nil {
					t.Errorf("%s mentions %s, which does not exist", page, m[1])
				}
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTrials: what the commands of the page on reliability ask for is there, each alternative and in each package.
func TestTrials(t *testing.T) {
	trials := regexp.MustCompile("`go test ([^`]+) -run ('[^']+'|\\w+)").FindAllStringSubmatch(read(t, "reliability.md"), -1)
	tests := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
	for _, m := range trials {
		alternatives, found := strings.Split(strings.Trim(m[2], "'"), `\|`), ""
		for _, pkg := range strings.Fields(m[1]) {
			files, _ := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
			here := ""
			for _, file := range files {
				for _, name := range tests.FindAllStringSubmatch(read(t, file), -1) {
					here += name[1] + " "
				}
			}
			if found += here; !regexp.MustCompile(strings.Join(alternatives, "|")).MatchString(here) {
				t.Errorf("%s: %s has no such test", m[0], pkg)
			}
		}
		for _, name := range alternatives {
			if !regexp.MustCompile(name).MatchString(found) {
				t.Errorf("%s: there is no test %s", m[0], name)
			}
		}
	}
	if len(trials) < 15 {
		t.Errorf("only %d commands were found", len(trials))
	}
}
