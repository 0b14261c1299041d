package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/janpfeifer/must"

	kit "gonblabs/mnistkit"
)

// Services are programs that answer the same request with the same model, measured in turn.
type Services struct {
	Date     string            `json:"date"`
	Busy     []string          `json:"busy"` // the load average of the machine, before and after all rounds
	Seconds  float64           `json:"seconds"`
	Versions map[string]string `json:"versions"`
	List     []Service         `json:"list"`
}

// Service is a program that answers, and the figures of each round, which peers/services.py describes.
type Service struct {
	Name   string               `json:"name"`
	Rival  string               `json:"rival,omitempty"` // whom its goals name
	Rounds []map[string]float64 `json:"rounds"`
}

// callers that ask at the same time.
var callers = []int{1, 8, 64}

// serve trains lenet on the bundled sample, and has peers/services.py build programs around it and measure them.
func (b *bench) serve() {
	folder := filepath.Join(b.scratch, "serve")
	must.M(errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755), os.Setenv("MNISTKIT_DATA", "bundled"), os.Setenv("MNISTKIT_RUNS", folder)))
	run := kit.Run{Name: "service/lenet", Data: dataSets["digits"], Model: lenet, Optimizer: kit.Adam(1e-3), Seed: 1}
	must.M1(run.Fit(5))
	must.M(errors.Join(run.Save(folder+"/digits.mnistkit"), run.Export(folder+"/digits.onnx"), run.Export(folder+"/digits.safetensors")))
	cmd := b.python(context.Background(), "Keras", "services.py", b.root, folder, must.M1(os.Executable()), fmt.Sprint(b.repeat), fmt.Sprint(b.seconds))
	cmd.Env, cmd.Stderr = append(cmd.Env, "GOMLX_BACKEND="+b.kernelSpec().Env["GOMLX_BACKEND"]), os.Stderr
	result := Services{Date: today(), Seconds: b.seconds}
	must.M(json.Unmarshal(must.M1(cmd.Output()), &result))
	fmt.Print(result.markdown())
	b.keep(func(r *Results) {
		r.Services = &result
		maps.Copy(r.Versions, result.Versions)
	})
}

// load posts a form for so many seconds, from so many callers at once, and prints how many answers there were a second, and in
// ms within which half and 99 % of them came. Each has to begin with those words.
func load(url, form, answer string, callers int, seconds float64) {
	body := must.M1(os.ReadFile(form))
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	var waits []float64
	var all sync.WaitGroup
	var mu sync.Mutex
	for end := now() + seconds; callers > 0; callers-- {
		all.Go(func() {
			for asked := now(); asked < end; asked = now() {
				response := must.M1(client.Post(url, "multipart/form-data; boundary=x", bytes.NewReader(body)))
				if said := string(must.M1(io.ReadAll(response.Body))); !strings.HasPrefix(said, answer) {
					must.M(fmt.Errorf("the answer is %s, not %s…", said, answer))
				}
				must.M(response.Body.Close())
				mu.Lock()
				waits = append(waits, 1000*(now()-asked))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(waits)
	n := len(waits)
	must.M(json.NewEncoder(os.Stdout).Encode([]float64{round(float64(n) / seconds), round(waits[n/2]), round(waits[n*99/100])}))
}

func (s Service) figures() (f map[string]Spread) {
	spreads(s.Rounds, &f)
	return f
}

func (s *Services) markdown() string {
	if s == nil {
		return ""
	}
	rows := [][]string{{"", "callers", "answers, /s", "p50, ms", "p99, ms", "processor, ms", "start, s", "memory, MB"}}
	for _, service := range s.List {
		f := service.figures()
		for _, n := range callers {
			row := []string{service.Name, fmt.Sprint(n), "", "", "", "", f["start_s"].String(), fmt.Sprintf("%.0f", f["memory_mb"].Median)}
			for i, name := range []string{"rate_", "half_", "most_", "work_"} {
				row[2+i] = f[fmt.Sprint(name, n)].String()
			}
			rows = append(rows, row)
		}
	}
	return fmt.Sprintf("\n#### Services\n\nMedians of %d rounds with loads of %g s, and the range, %s. The machine's load average was %s before them, and %s after.\n\n%s",
		len(s.List[0].Rounds), s.Seconds, s.Date, s.Busy[0], s.Busy[1], table(rows))
}

// goals hold ours against the best of its rivals in the same round.
func (s *Services) goals() (list [][]string) {
	if s == nil {
		return nil
	}
	for _, service := range s.List {
		f := service.figures()
		for _, goal := range [][2]string{{"ratio_", "time an answer"}, {"spent_", "processor time an answer"}} {
			for _, n := range callers {
				if ratio := f[fmt.Sprint(goal[0], n)]; service.Rival != "" {
					list = append(list, judge(fmt.Sprintf("service, %s: %s to %s, %d at once", service.Name, goal[1], service.Rival, n), ratio.Median, 1, "≤ %.2f", ratio.String()))
				}
			}
		}
		if used := f["memory_mb"].High; service.Rival != "" {
			list = append(list, judge(fmt.Sprintf("service, %s: memory", service.Name), used, 100, "≤ %.0f MB", fmt.Sprintf("%.0f MB", used)))
		}
	}
	return list
}
