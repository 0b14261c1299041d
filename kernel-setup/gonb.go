package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonblabs/mnistkit/files"
)

const gonbModule = "github.com/janpfeifer/gonb"

// edit puts text into a function of GoNB's.
type edit struct {
	file, function string
	call           string // the text surrounds the line that calls it; "": it begins the function
	before, after  string
}

// edits are proposals too, in docs/upstream.md.
var edits = []edit{
	{"goexec/errorpublish.go", "DisplayErrorWithContext", "",
		"return explained(s, msg, fileToCellIdAndLine, errorMsg, err)", ""},
	{"goexec/errorpublish.go", "JupyterErrorSplit", "",
		`if said := stopped(err); said != "" { return "ERROR", said, []string{said} }`, ""},
	{"goexec/composer.go", "createGoFileFromLines", "",
		`for range 3*len(lines) { skipLines.Insert(len(lines)); lines = append(lines, "") }`, ""}, // room, left empty
	{"goexec/goexec.go", "InitializeGoWork", "", "s.begun()", ""},
	{"goexec/inspect.go", "adjustCursorForFunctionIdentifier", "", "return around(lines, skipLines, cursor)", ""},
	// gopls may still be building, and answers slowly at first. Nothing waits before it listens.
	{"goexec/goplsclient/exec.go", "Start", "",
		"ConnectTimeout, CommunicationTimeout, StartTimeout = 2*time.Second, 20*time.Second, 10*time.Minute", ""},
	{"goexec/goplsclient/exec.go", "WaitConnection", "",
		`if _, err := os.Stat(c.Address()); err != nil && strings.HasPrefix(c.Address(), "/") { return false }`, ""},
	{"specialcmd/specialcmd.go", "splitCmd", "", // it takes each byte for a letter
		"defer func() { for i := range parts { b := []byte{}; for _, r := range parts[i] { b = append(b, byte(r)) }; parts[i] = string(b) } }()", ""},
	{"dispatcher/dispatcher.go", "handleShellMsg", "", // a console and jupyter_kernel_test wait for the answer
		`if msg.Ok() && msg.ComposedMsg().Header.MsgType == "is_complete_request" { return msg.Reply("is_complete_reply", map[string]string{"status": "unknown"}) }`, ""},
	// Anybody who reaches the port can send something: it is left out, and does not end the kernel.
	{"kernel/kernel.go", "FromWireMsg", "", `for i, part := range append(zmqMsg.Frames, []byte("<IDS|MSG>")) { if string(part) == "<IDS|MSG>" {
		if len(zmqMsg.Frames) < i+6 { return &MessageImpl{kernel: k, err: &InvalidSignatureError{}} }; break } }`, ""},
	{"kernel/kernel.go", "pollCommonSocket", "FromWireMsg", "", `if !msg.Ok() { klog.Warningf("left out: %v", msg.Error()); continue }`},
	{"jpyexec/jpyexec.go", "Exec", "PublishWriteStream", "if !exec.useNamedPipes {", "}"}, // a shell's, not a cell's
}

// explain is the folder of our own files in GoNB.
func (p *project) explain(elem ...string) string {
	return p.path("kernel-setup", "explain", filepath.Join(elem...))
}

// gonbPart builds GoNB with our own files, or as it is where the edits find no place.
func (p *project) gonbPart(toolchain toolchain) part {
	ours := slices.Concat(glob(p.explain(), "*.*"), glob(p.explain("_goexec"), "*"), glob(p.path("mnistkit", "files"), "*.go"))
	t := p.goTool(toolchain, "gonb", gonbModule, p.version(gonbModule), append(ours, p.path("kernel-setup", "gonb.go"))...)
	plain := t.make
	t.make = func(ctx context.Context, status func(string)) error {
		err := p.buildExplaining(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		finishLine("GoNB is built as it is, so it does not explain why a cell does not compile: " + err.Error())
		return plain(ctx, status)
	}
	return t
}

// explains says whether the GoNB that is there explains why a cell does not compile.
func (p *project) explains() string {
	if built, err := buildinfo.ReadFile(p.tool("gonb")); err == nil && built.Main.Replace == nil {
		return ", as it is: it does not explain why a cell does not compile"
	}
	return ", which explains why a cell does not compile"
}

// buildExplaining copies GoNB's module, adds our files, edits, and builds with the versions that this module requires.
func (p *project) buildExplaining(ctx context.Context) error {
	theirs, err := output(p.command(ctx, "go", "list", "-f", "{{.Module.Dir}}", gonbModule))
	if err != nil {
		return err
	}
	internal := p.tools("src", "gonb", "internal")
	err = errors.Join(os.RemoveAll(p.tools("src")), os.CopyFS(p.tools("src", "gonb"), os.DirFS(theirs)),
		os.RemoveAll(p.tools("src", "gonb", "docs")), // 64 MB of films
		os.CopyFS(filepath.Join(internal, "explain"), os.DirFS(p.explain())),
		os.CopyFS(filepath.Join(internal, "goexec"), os.DirFS(p.explain("_goexec"))))
	for _, e := range edits {
		err = errors.Join(err, e.apply(internal))
	}
	if err != nil {
		return err
	}
	mod, err := os.ReadFile(p.path("go.mod"))
	sum, err2 := os.ReadFile(p.path("go.sum"))
	mod = append(mod, "\nreplace "+gonbModule+" => ./.tools/src/gonb\n"...)
	modfile := p.tools("src", "build.mod")
	err = errors.Join(err, err2, files.Write(modfile, mod), files.Write(p.tools("src", "build.sum"), sum))
	if err == nil {
		_, err = output(p.command(ctx, "go", "build", "-modfile="+modfile, "-o", p.tool("gonb"), gonbModule))
	}
	return err
}

// apply finds the one place of the edit by the names of the function and of the call.
func (e edit) apply(internal string) error {
	path := filepath.Join(internal, filepath.FromSlash(e.file))
	source, err := os.ReadFile(path)
	set := token.NewFileSet()
	file, unread := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err = cmp.Or(err, unread); err != nil {
		return err
	}
	var places [][2]int // lines, from 0: before the first comes e.before, before the second e.after
	line := func(pos token.Pos) int { return set.Position(pos).Line }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == e.function && e.call == "" {
				places = append(places, [2]int{line(n.Body.Lbrace), line(n.Body.Lbrace)})
			}
			return n.Name.Name == e.function
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == e.call {
				places = append(places, [2]int{line(n.Pos()) - 1, line(n.End())})
			}
		}
		return true
	})
	if len(places) != 1 {
		return fmt.Errorf("%s has %d places for the edit of %s", e.file, len(places), e.function)
	}
	lines := strings.SplitAfter(string(source), "\n")
	lines = slices.Insert(lines, places[0][1], e.after+"\n")
	lines = slices.Insert(lines, places[0][0], e.before+"\n")
	return os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644)
}
